"""Proxies before servers of this machine: they are the real ones, under the files of the docs."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from cleanroom.system import in_background
from tests.waits import PATIENCE, kept_port, wait_for

BREAKS_OFF = "/v1/work"

TRIES = 200
"""Requests of nobody in particular, of which two servers are each chosen one at least."""


@contextmanager
def running(command: list[str], **environment: str) -> Iterator[None]:
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class Named(BaseHTTPRequestHandler):
    """Say which server answers: nothing else tells a caller.  One path breaks off unanswered."""

    broken_off: ClassVar[list[int]] = []

    def do_GET(self) -> None:
        if self.path == BREAKS_OFF:
            self.broken_off.append(self.server.server_port)  # type: ignore[attr-defined]
            return
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = str(self.server.server_port).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name that the library calls

    def log_message(self, *_what: object) -> None:
        """Say nothing."""


@contextmanager
def named() -> Iterator[int]:
    """Serve until the end of the block; yield the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Named)
    server.daemon_threads = True
    try:
        with in_background(lambda _over: server.serve_forever(poll_interval=0.05)):
            try:
                yield server.server_port
            finally:
                server.shutdown()
    finally:
        server.server_close()


def check_proxy(folder: Path, text: str, site: str, servers: Sequence[str]) -> None:
    """Start Caddy as a file says, with servers of this machine for those that it names.

    A browser keeps its server, both ends of questions at serving time have one, another takes
    their place where one is gone, and metrics are nobody's.  What a server took and did not answer
    is not asked of another: a signed request is good for once.
    """
    if shutil.which("caddy") is None:
        pytest.skip("needs caddy")
    kept = kept_port()
    port = kept.getsockname()[1]
    with kept, ExitStack() as rest, ExitStack() as first:
        ports = [first.enter_context(named()), *(rest.enter_context(named()) for _ in servers[1:])]
        for server, upstream in zip(servers, ports, strict=True):
            assert server in text
            text = text.replace(server, f"127.0.0.1:{upstream}")
        assert f"{site}{{" in text
        text = text.replace(f"{site}{{", f"http://127.0.0.1:{port} {{")
        options = "" if "admin off" in text else "{\n admin off\n}\n"
        (folder / "Caddyfile").write_text(options + text)
        command = ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
        place = {"HOME": str(folder), "XDG_DATA_HOME": str(folder)}
        rest.enter_context(running(command, **place))
        wait_for(lambda: listens(port))

        def ask(path: str, method: str = "GET", cookie: str = "") -> tuple[int, str, str]:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request(method, path, headers={"Cookie": cookie} if cookie else {})
            answer = connection.getresponse()
            found = answer.read().decode(), answer.getheader("Set-Cookie", "").partition(";")[0]
            connection.close()
            return answer.status, *found

        cookies: dict[str, str] = {}
        for _ in range(TRIES):
            _, who, cookie = ask("/console/")
            cookies[who] = cookie
            if len(cookies) == len(ports):
                break
        assert cookies.keys() == {str(one) for one in ports}
        for who, cookie in cookies.items():
            assert {ask("/console/", "POST", cookie)[1] for _ in range(3)} == {who}
        ends = ("/v1/serving/questions", "/v1/serving/replies")
        assert {ask(one, "POST", cookie)[1] for one in ends for cookie in cookies.values()} == {
            str(ports[0])
        }
        assert ask("/v1/metrics")[0] == 404
        Named.broken_off.clear()
        assert ask(BREAKS_OFF)[0] == HTTPStatus.BAD_GATEWAY
        assert len(Named.broken_off) == 1
        first.close()
        assert {ask(one, "POST")[1] for one in ends} == {str(ports[1])}
        assert ask("/console/", "GET", cookies[str(ports[0])])[1] != str(ports[0])
