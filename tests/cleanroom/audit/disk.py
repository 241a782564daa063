"""The real server under ``strace``, which lets its disk fail, and parties that do not give up."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from cleanroom.documents.statement import SignedStatement
from cleanroom.mediator.bootstrap import DATABASE_FILE
from protocols import checkpoint as notes
from tests.api import story
from tests.api.party import Party
from tests.waits import PATIENCE


def strace_is_missing() -> str | None:
    """Return why the server cannot be traced here, None if it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(
        ["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False
    )
    return None if tried.returncode == 0 else f"no ptrace: {tried.stderr.decode().strip()}"


@dataclass
class Server:
    """One mediator's program, started again and again over one home."""

    home: Path
    process: subprocess.Popen[bytes] | None = None
    url: str = ""
    starts: int = 0
    traced: bool = False
    healed: bool = False
    server: int | None = None

    def start(self, faults: Sequence[str] = ()) -> bool:
        """Start with faults in the files of the database; False if it died of them at once."""
        self.stop()
        ready = self.home.parent / "ready"
        ready.unlink(missing_ok=True)
        command = [sys.executable, "-m", "api.server", "run", "--home", str(self.home)]
        command += ["--ready-file", str(ready)]
        self.traced, self.healed, self.server = bool(faults), False, None
        if faults:
            database = str(self.home / DATABASE_FILE)
            files = [x for name in (database, f"{database}-wal") for x in ("-P", name)]
            chosen = [x for fault in faults for x in ("-e", f"inject={fault}")]
            command = ["strace", "-f", "-qq", "-o", "/dev/null", *files, *chosen, *command]
        # strace counts the calls of each thread.  Of many threads that take turns, each would meet
        # its first fault at the same place of a request, and no request could come through.
        few = {**os.environ, "CLEANROOM_THREADS": "3"}
        with (self.home.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=few)
        self.starts += 1
        deadline = time.monotonic() + PATIENCE
        while not ready.exists() or not ready.read_text().strip():
            if not self.alive() or time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        self.url = ready.read_text().strip()
        return True

    def alive(self) -> bool:
        """Look at the server itself: strace goes on as long as the worker does."""
        if self.healed and self.server is not None:
            return _runs(self.server)
        if self.process is None or self.process.poll() is not None:
            return False
        if not self.traced:
            return True
        if self.server is None:
            self.server = _traced_by(self.process.pid)
        return self.server is None or _runs(self.server)

    def heal(self) -> None:
        """End the faults and let the very same server go on: it lives on without its tracer."""
        assert self.process is not None and self.alive() and self.server is not None
        self.process.kill()
        self.process.wait()
        self.healed = True

    def _left(self) -> list[int]:
        """Return the processes of this home that outlived strace."""
        found = []
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if str(self.home).encode() in file.read_bytes().split(b"\0"):
                    found.append(int(file.parent.name))
        return found

    def stop(self) -> None:
        """End it, by a signal that strace passes on by ending."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for one in self._left():
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
        self.process = None


def _traced_by(strace: int) -> int | None:
    """Return the server among strace's children, None before it runs.

    Its first children are others: before it starts anything, strace tries on some of its own what
    the system lets it trace.
    """
    for child in Path(f"/proc/{strace}/task/{strace}/children").read_text().split():
        with suppress(OSError):
            command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            if command[0] == sys.executable.encode():
                return int(child)
    return None


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


@dataclass
class Writer:
    """A party that says one thing after the other and repeats each until it is acknowledged."""

    party: Party
    server: Server
    acknowledged: list[SignedStatement] = field(default_factory=list)
    refused: int = 0
    broken: int = 0
    given_up: int = 0
    """Statements that were refused until patience ended: a mediator that serves nobody."""
    pending: SignedStatement | None = None
    """What was said last and has no answer yet, with the request that says it."""
    path: str = ""
    data: bytes = b""

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Any:
        """Send once; None if the line broke or the server could not write."""
        signed = self.party.signed_headers(method, path, body, **headers)
        try:
            answer = httpx.request(
                method, self.server.url + path, content=body, headers=signed, timeout=PATIENCE
            )
        except httpx.TransportError:
            self.broken += 1
            return None
        if answer.status_code >= 500:
            self.refused += 1
            return None
        assert answer.status_code < 300, answer.text
        return answer

    def until(self, over: threading.Event, *request: Any, **headers: str) -> Any:
        """Send until it is answered, or until the server is gone."""
        deadline = time.monotonic() + PATIENCE
        while not over.is_set():
            if time.monotonic() > deadline:
                self.given_up += 1
                over.set()
            answer = self.send(*request, **headers)
            if answer is not None:
                return answer
            if not self.server.alive():
                over.set()
            time.sleep(0.01)
        return None

    def say(self, over: threading.Event, number: int) -> None:
        """Vouch for the newest head, or announce the next version of a dataset."""
        party, attachment = self.party, None
        if number % 2 or party.role == "auditor":
            head = self.until(over, "GET", f"/v1/audit/checkpoint?room={party.room}")
            if head is None:
                return
            note = notes.cosign(head.text, party.name, party.key, 1)
            path, kind, body = "/v1/audit/cosign", "audit.cosign", {"checkpoint": note}
        else:
            version = 1 + sum(one.statement.kind == "dataset.create" for one in self.acknowledged)
            manifest = story.manifest(party.name, version)
            attachment = story.dictionary(manifest)
            body = {"manifest": manifest.to_json(), "dictionary": attachment.digest()}
            path, kind = "/v1/datasets", "dataset.create"
        signed = self.pending = party.sign(kind, body)
        self.data = json.dumps(
            {
                "statement": signed.to_json(),
                "attachment": attachment.to_json() if attachment else None,
            }
        ).encode()
        self.path = path
        self.repeat(over)

    def repeat(self, over: threading.Event) -> None:
        """Send the statement that has no answer yet."""
        signed = self.pending
        if signed is None:
            return
        headers = {"Content_Type": "application/json", "Idempotency_Key": signed.digest()}
        if self.until(over, "POST", self.path, self.data, **headers) is not None:
            self.acknowledged.append(signed)
            self.party.sequence += 1
            self.party.previous = signed.digest()
            self.pending = None


def write_side_by_side(writers: Sequence[Writer], statements: int) -> None:
    """Let all write at once, until each said so much or the server is gone."""
    over = threading.Event()
    faults: list[BaseException] = []

    def work(writer: Writer) -> None:
        try:
            writer.repeat(over)
            for number in range(statements):
                if not over.is_set():
                    writer.say(over, number)
        except BaseException as error:
            faults.append(error)
            over.set()

    threads = [threading.Thread(target=work, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
