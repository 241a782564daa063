"""Tell programs on the receiver's own machine that a run of a standing question was answered.

What to call is kept in the vault, so that nobody without the passphrase plants a command.  It is
called once the receipt is signed and beside the agent: neither whether it is called, which may hang
on the answer, nor how long it takes can be seen by anybody else.
"""

from __future__ import annotations

import json
import operator
import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.rooms import Room
from cleanroom.documents.document import Document
from cleanroom.errors import InvalidInput
from cleanroom.files import held

FILE: Final = "alerts"
COMMAND_SECONDS, HOOK_SECONDS = 60, 10
PASSED_ON: Final = ("PATH", "HOME", "LANG", "TZ")
"""What of the agent's environment a command gets: no passphrase."""

_TESTS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
_WHEN: Final = re.compile(r"\s*([a-z][a-z0-9_.]*)\s*(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)\s*")

Tell = Callable[[str], None]


class Alert(Document):
    """What is called after each run: a command or an address, with the answer or without.

    ``when`` is empty, or a field of the answer held against a number, as ``total.people < 1000``.
    """

    command: tuple[str, ...] = ()
    hook: str = ""
    answer: bool = False
    when: str = ""


def check(alert: Alert) -> None:
    """Raise ``InvalidInput`` for what cannot be called, or is not on this machine."""
    if bool(alert.command) == bool(alert.hook):
        raise InvalidInput("Name either a command or an address.")
    if alert.command:
        program = Path(alert.command[0])
        if not (program.is_absolute() and os.access(program, os.X_OK) and program.is_file()):
            raise InvalidInput(
                f"{program} is not a program on this machine.",
                remedy="Write its full path, starting with /.",
            )
    elif not _is_here(alert.hook):
        raise InvalidInput(
            f"{alert.hook} is not on this machine, and nothing about an answer may leave it.",
            remedy=(
                "Write http://127.0.0.1:PORT/PATH, and let the program that listens there"
                " pass it on."
            ),
        )
    if alert.when and not _WHEN.fullmatch(alert.when):
        raise InvalidInput(
            f"{alert.when} is not a condition.", remedy='Write "total.people < 1000".'
        )


def _is_here(hook: str) -> bool:
    parts = urlsplit(hook)
    try:
        return parts.scheme == "http" and ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def keep(room: Room, standing: str, alert: Alert | None) -> None:
    """Call something after each run of a standing question, by its digest; nothing for None."""
    if alert is not None:
        check(alert)
    with held(room.folder / "alerts.lock"):
        known = {name: one for name, one in _kept(room).items() if name != standing}
        if alert is not None:
            known[standing] = alert.to_json()
        room.home.vault.write(room.folder / FILE, json.dumps(known).encode())


def of(room: Room, standing: str) -> Alert | None:
    """Return what is called after each run of a standing question."""
    found = _kept(room).get(standing)
    return None if found is None else Alert.from_json(found)


def _kept(room: Room) -> dict[str, Any]:
    file = room.folder / FILE
    return dict(json.loads(room.home.vault.read(file))) if file.exists() else {}


def answered(job: LocalJob, result: Mapping[str, Any] | None, tell: Tell) -> Thread | None:
    """Call what is kept for the standing question that a job is a run of, beside the agent.

    Nothing is called for an answer that cannot be read.
    """
    run = job.document.standing
    if run is None or result is None:
        return None
    try:
        alert = of(job.room, run.standing)
    except InvalidInput as error:
        tell(f"on result of {job.document.name}: {error}")
        return None
    if alert is None:
        return None
    about = {
        "room": job.room.identity,
        "standing": run.standing[:32],
        "name": job.document.name,
        "run": run.run + 1,
        "job": job.identity,
        **({"answer": dict(result)} if alert.answer else {}),
    }
    thread = Thread(target=_call, args=(alert, result, about, tell), daemon=True)
    thread.start()
    return thread


def _call(alert: Alert, result: Mapping[str, Any], about: dict[str, Any], tell: Tell) -> None:
    """Call it if its condition holds; whatever is wrong is told here, and nothing is called."""
    try:
        check(alert)
        if alert.when and not holds(alert.when, result):
            return
        data = json.dumps(about).encode()
        if alert.command:
            _run(alert.command, data)
        else:
            _post(alert.hook, data)
    except Exception as error:  # noqa: BLE001 (a stranger's program; its words may be the answer's)
        told = str(error) if isinstance(error, InvalidInput) else type(error).__name__
        tell(f"on result of {about['name']}: {told}")


def holds(when: str, result: Mapping[str, Any]) -> bool:
    """Tell whether a condition holds; ``InvalidInput`` if the answer has no such number."""
    found = _WHEN.fullmatch(when)
    if found is None:
        raise InvalidInput(f"{when} is not a condition.")
    name, test, bound = found.groups()
    value: Any = result
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(f"The answer has no number called {name}.")
    return _TESTS[test](value, float(bound))


def _run(command: Sequence[str], data: bytes) -> None:
    given = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    done = subprocess.run(
        command,
        input=data,
        env=given,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    if done.returncode:
        raise InvalidInput(f"The command ended with {done.returncode}.")


def _post(hook: str, data: bytes) -> None:
    head = {"content-type": "application/json"}
    with httpx.Client(trust_env=False, follow_redirects=False, timeout=HOOK_SECONDS) as client:
        status = client.post(hook, content=data, headers=head).status_code
    if not 200 <= status < 300:
        raise InvalidInput(f"The address answered {status}.")
