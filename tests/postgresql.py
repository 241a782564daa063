"""A PostgreSQL of the tests' own: one cluster a session, one schema a test."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.waits import PATIENCE

QUICK = ("fsync=off", "autovacuum=off", "shared_buffers=16MB", "listen_addresses=")


class Cluster:
    """A running server, reached by a socket in a folder."""

    def __init__(self, folder: Path, as_user: dict[str, str]) -> None:
        self.folder = folder
        self._as_user = as_user
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        settings = [f"-c{one}" for one in QUICK]
        command = [_program("postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command + settings, stdout=log, stderr=log, cwd=self.folder, **self._as_user
            )
        import psycopg

        end = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self.url()).close()
                return
            except psycopg.OperationalError:
                assert time.monotonic() < end, (self.folder / "log").read_text()
                time.sleep(0.02)

    def stop(self) -> None:
        """End every connection and the server."""
        assert self._process is not None
        self._process.send_signal(2)
        self._process.wait()

    def url(self, schema: str = "public") -> str:
        where = f"host={self.folder}&options=-csearch_path%3D{schema}"
        return f"postgresql://cleanroom@/postgres?{where}"

    def fresh(self) -> str:
        """Return the address of an empty schema."""
        import psycopg

        schema = f"s{secrets.token_hex(8)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {schema}")
        return self.url(schema)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start a server for a while; the test is skipped where PostgreSQL is not installed."""
    if not _program("initdb"):
        pytest.skip("PostgreSQL's server programs are not installed: apt install postgresql")
    # The server refuses to be run by root.
    as_user = {"user": _somebody()} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        if as_user:
            shutil.chown(folder, as_user["user"])
        options = ["-U", "cleanroom", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        subprocess.run(
            [_program("initdb"), "-D", str(folder / "data"), *options],
            check=True, stdout=subprocess.DEVNULL, cwd=folder, **as_user,
        )  # fmt: skip
        made = Cluster(folder, as_user)
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name) or ""


def _somebody() -> str:
    names = {one.pw_name for one in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
