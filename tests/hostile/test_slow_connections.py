"""Connections that send a byte now and then or wait for work, and an honest request among them."""

from __future__ import annotations

import resource
import socket
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import httpx
import pytest

from cleanroom.mediator.settings import ServerSettings
from tests.api.party import World, world
from tests.hostile.listening import listening
from tests.waits import PATIENCE

HEAD = b"POST /v1/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"


@pytest.mark.slow
def test_nine_hundred_slow_connections(room: World) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8192)), hard))
    slow: list[socket.socket] = []
    with listening(room.mediator) as address:
        try:
            for _ in range(900):
                connection = socket.create_connection(address, timeout=10)
                connection.sendall(HEAD)
                slow.append(connection)
            time.sleep(1)
            taken = []
            for _ in range(20):
                for connection in slow:
                    connection.sendall(b"x")
                headers = room.brand.signed_headers("GET", "/v1/rooms")
                start = time.monotonic()
                url = f"http://{address[0]}:{address[1]}/v1/rooms"
                assert httpx.get(url, headers=headers).status_code == 200
                taken.append(time.monotonic() - start)
        finally:
            for connection in slow:
                connection.close()
    print(f"honest requests among 900 slow ones: median {sorted(taken)[10]:.3f} s")
    assert max(taken) < 1.0, taken


HELD = 60
"""Seconds for which a request may be held open."""


def test_those_who_wait_for_work_leave_threads_for_those_who_ask(tmp_path: Path) -> None:
    """An agent with nothing to do holds its request open; many of them must not hold them all."""
    settings = ServerSettings(threads=4, long_poll_seconds=HELD)
    with world(tmp_path / "mediator", settings) as place:
        place.open_room()
        with listening(place.mediator) as (host, port), ThreadPoolExecutor(8) as pool:

            def ask(path: str) -> None:
                headers = place.brand.signed_headers("GET", path)
                url = f"http://{host}:{port}{path}"
                assert httpx.get(url, headers=headers, timeout=PATIENCE).status_code == 200

            held = settings.threads // 2
            waiting = [pool.submit(ask, f"/v1/work?wait={HELD}") for _ in range(8)]
            for number, _ in enumerate(as_completed(waiting, timeout=PATIENCE), start=1):
                if number == len(waiting) - held:
                    break
            ask("/v1/rooms")
            assert sum(not one.done() for one in waiting) == held
            place.mediator.context.bell.silence()
