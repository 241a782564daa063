"""An S3-compatible store of the tests' own, on loopback."""

from __future__ import annotations

import logging
import secrets
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


class Objects:
    """A running store; its address goes into the environment, as an operator's would."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"

    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.address,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": "tests",
        }

    def fresh(self) -> str:
        """Return the address of an empty bucket, with a prefix in it."""
        name = f"b{secrets.token_hex(8)}"
        request = urllib.request.Request(f"{self.address}/{name}", method="PUT")
        urllib.request.urlopen(request).close()
        return f"s3://{name}/some/prefix"


@contextmanager
def objects() -> Iterator[Objects]:
    """Serve for a while; the test is skipped where the server is not installed."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.start()
    _, port = server.get_host_and_port()
    try:
        yield Objects(port)
    finally:
        server.stop()
