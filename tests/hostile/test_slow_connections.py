"""Connections that send a byte now and then, and an honest request among them."""

from __future__ import annotations

import resource
import socket
import time

import httpx
import pytest

from tests.api.party import World
from tests.hostile.listening import listening

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
