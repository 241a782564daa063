"""The real program: it starts, serves, computes in its own process and ends when told."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from cleanroom.mediator.bootstrap import initialise, open_mediator
from tests.api.party import Party, ShiftedClock
from tests.waits import PATIENCE, told


def program(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "api.server", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def made(folder: Path) -> tuple[Path, Party]:
    """Make a mediator's home and a party that is admitted to it."""
    party = Party("brand", "brand", None, ShiftedClock())  # type: ignore[arg-type]
    initialise(folder / "mediator", "log.test")
    open_mediator(folder / "mediator").access.admit(party.card)
    return folder / "mediator", party


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run the program; yield its address and itself."""
    ready = home.parent / "ready"
    command = ["run", "--home", str(home), "--ready-file", str(ready)]
    with (home.parent / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "api.server", *command], stderr=log)
    try:
        yield told(ready, process), process
    finally:
        process.kill()
        process.wait()


def test_a_crash_writes_no_memory_to_a_disk() -> None:
    """Neither of the server nor of its worker: requests, keys and noise are in it."""
    limit = "resource.setrlimit(4, resource.getrlimit(4)[1:] * 2)"  # as much as there may be
    shown = "main_of(lambda: print(resource.getrlimit(4)))"
    code = f"import resource; from api.program import main_of; {limit}; {shown}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "(0, 0)\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("served") / "mediator"
    program("init", "--home", str(found), "--origin", "log.test")
    return found


@pytest.fixture(scope="module")
def party(home: Path) -> Party:
    made = Party("brand", "brand", None, ShiftedClock())  # type: ignore[arg-type]
    card = home.parent / "card.json"
    card.write_bytes(made.card.canonical())
    assert program("admit", str(card), "--home", str(home)).strip() == (
        f"{made.key.verifying_key.fingerprint()} brand"
    )
    return made


def test_of_several_cards_all_are_admitted_or_none(home: Path, party: Party) -> None:
    before = program("parties", "--home", str(home), "--json")
    other = Party("telco", "platform", None, ShiftedClock())  # type: ignore[arg-type]
    good, bad = home.parent / "telco.json", home.parent / "bad.json"
    good.write_bytes(other.card.canonical())
    bad.write_text("{}")
    cards = (str(home.parent / "card.json"), str(good))
    with pytest.raises(subprocess.CalledProcessError):
        program("admit", str(good), str(bad), "--home", str(home))
    assert program("parties", "--home", str(home), "--json") == before
    printed = program("admit", *cards, "--home", str(home)).splitlines()
    assert [line.split()[1] for line in printed] == [party.name, "telco"]


@pytest.fixture(scope="module")
def served(home: Path, party: Party) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    assert party.name == "brand"
    with serving(home) as found:
        yield found


def address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)


def ask(url: str, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.get(url, headers=headers, timeout=PATIENCE)


def raw(url: str, text: bytes) -> bytes:
    """Send a request after whose answer the server closes; return all that came."""
    with socket.create_connection(address(url), timeout=PATIENCE) as connection:
        connection.sendall(text)
        parts = []
        with suppress(ConnectionResetError):  # it closes on what it did not read
            while part := connection.recv(65536):
                parts.append(part)
        return b"".join(parts)


def test_a_signed_request_is_answered(
    served: tuple[str, subprocess.Popen[bytes]], party: Party
) -> None:
    headers = party.signed_headers("GET", "/v1/mediator")
    answer = ask(served[0] + "/v1/mediator", headers)
    assert (answer.status_code, answer.json()["origin"]) == (200, "log.test")
    assert ask(served[0] + "/v1/mediator", headers).status_code == 401


def test_both_length_headers_are_refused(served: tuple[str, subprocess.Popen[bytes]]) -> None:
    head = b"POST /v1/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
    answer = raw(served[0], head + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    twice = raw(served[0], head + b"Content-Length: 6\r\n\r\nhello!")
    assert twice.startswith(b"HTTP/1.1 400")


def test_a_body_beyond_every_limit_is_refused_unread(
    served: tuple[str, subprocess.Popen[bytes]],
) -> None:
    head = b"PUT /v1/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n"
    assert raw(served[0], head).startswith(b"HTTP/1.1 413")


ODD_ADDRESSES = (
    b"//v1/metrics",
    b"/v1//metrics",
    b"/v1/./metrics",
    b"/v1/x/../metrics",
    b"/v1/%6detrics",
    b"/v1%2fmetrics",
    b"/v1/metrics%00",
    b"/v1/metrics;x=1",
    b"/v1/metrics#part",
    b"/v1/metrics?a\xff",
    b"/v1/metr\xc3\xafcs",
    b"/v1/\\metrics",
    b"/" + b"z" * 9000,
    b"/" + b"a/" * 500,
    b"http://elsewhere/v1/metrics",
    b"x:/v1/metrics",
    b"*",
    b"//elsewhere/console/",
    b"/console//",
    b"/console/rooms/x%0d%0aSet-Cookie:%20a=b/sign",
    b"/console/../v1/metrics",
    b"/%63onsole/sign-in",
    b"/console/static/..%2f..%2fframe.py",
    b"/console/sign-in?ticket=" + b"z" * 9000,
)


@pytest.mark.parametrize("target", ODD_ADDRESSES, ids=range(len(ODD_ADDRESSES)))
def test_an_address_that_is_spelt_oddly_leads_nowhere(
    served: tuple[str, subprocess.Popen[bytes]], home: Path, target: bytes
) -> None:
    for method in (b"GET", b"POST", b"HEAD"):
        request = method + b" " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        answer = raw(served[0], request)
        assert answer.startswith(b"HTTP/1.1 400"), answer[:100]
        assert b"Location" not in answer and b"Set-Cookie" not in answer
        # Numbers of requests are random, and hexadecimal: no letter of theirs is a z.
        assert b"elsewhere" not in answer and b"zzzz" not in answer and b"frame.py" not in answer
    log = (home.parent / "log").read_bytes()
    assert b"zzzz" not in log and b"elsewhere" not in log and b"Set-Cookie" not in log


def test_slow_connections_do_not_shut_an_honest_one_out(
    served: tuple[str, subprocess.Popen[bytes]], party: Party
) -> None:
    slow = []
    try:
        for _ in range(300):
            connection = socket.create_connection(address(served[0]), timeout=PATIENCE)
            connection.sendall(
                b"POST /v1/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx"
            )
            slow.append(connection)
        headers = party.signed_headers("GET", "/v1/rooms")
        assert ask(served[0] + "/v1/rooms", headers).status_code == 200
        # It did not have to wait until they were cut off.
        assert select.select(slow, [], [], 0)[0] == []
    finally:
        for connection in slow:
            connection.close()


def test_health_readiness_and_metrics_need_no_key(
    served: tuple[str, subprocess.Popen[bytes]],
) -> None:
    assert ask(served[0] + "/v1/healthz").json() == {"ok": True}
    assert ask(served[0] + "/v1/readyz").json()["ready"] is True
    metrics = ask(served[0] + "/v1/metrics").text
    assert 'cleanroom_requests_total{method="GET",route="/v1/readyz",status="200"}' in metrics


def test_sigterm_ends_everything_within_ten_seconds(tmp_path: Path) -> None:
    home, party = made(tmp_path)
    with serving(home) as (url, process):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert children
        waiting = socket.create_connection(address(url), timeout=PATIENCE)
        headers = party.signed_headers("GET", "/v1/work?wait=20")
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        waiting.sendall(f"GET /v1/work?wait=20 HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())
        # What is answered came after it.
        assert ask(url + "/v1/healthz").status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert not any(Path(f"/proc/{child}").exists() for child in children)
        assert waiting.recv(12) == b"HTTP/1.1 200", "it was not answered before the end"
        waiting.close()
    lines_of_log = (tmp_path / "log").read_text().splitlines()
    assert json.loads(lines_of_log[-1])["event"] == "stopped"


def test_revoking_a_key_asks_first_on_a_terminal(tmp_path: Path) -> None:
    home, party = tmp_path / "m", Party("brand", "brand", None, ShiftedClock())  # type: ignore[arg-type]
    initialise(home, "log.test")
    key = open_mediator(home).access.admit(party.card)
    command = [sys.executable, "-m", "api.server", "revoke", key, "--home", str(home)]
    for answer, code in ((b"n\n", 1), (b"y\n", 0)):
        master, slave = os.openpty()
        os.write(master, answer)
        done = subprocess.run(
            command, stdin=slave, capture_output=True, check=False, timeout=PATIENCE
        )
        os.close(slave)
        os.close(master)
        assert done.returncode == code
        assert b"Revoke the key" in done.stderr and b"brand" in done.stderr
        ((_, revoked),) = open_mediator(home).access.parties()
        assert revoked == (code == 0)


@pytest.mark.parametrize("command", ["run", "backup"])
def test_a_damaged_database_is_told_in_a_sentence(tmp_path: Path, command: str) -> None:
    home = tmp_path / "m"
    initialise(home, "log.test")
    (home / "mediator.sqlite").write_bytes(b"not a database" * 100)
    more = [str(tmp_path / "copy")] if command == "backup" else []
    done = subprocess.run(
        [sys.executable, "-m", "api.server", command, *more, "--home", str(home)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 1
    assert "SQLITE_NOTADB" in done.stderr and "Traceback" not in done.stderr


def test_the_program_refuses_with_a_sentence(home: Path, tmp_path: Path) -> None:
    for arguments, code, text in (
        (("init", "--home", str(home)), 2, "already"),
        (("key", "--home", str(tmp_path / "nowhere")), 2, "no mediator"),
        (("revoke", "00", "--home", str(home)), 2, "no party"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "api.server", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code
        assert text in done.stderr
        assert "Traceback" not in done.stderr
