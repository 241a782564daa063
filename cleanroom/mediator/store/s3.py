"""Blobs as objects of an S3-compatible store, so that every server and worker reaches them.

An object appears when its whole upload was taken, never half of it.  Writes are conditional: a name
that is free is taken, one that holds the same bytes is left, and other bytes replace exactly those
that were seen.  The SHA-256 goes along, so that a store refuses what was damaged on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from os import environ
from typing import Any, Final

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from cleanroom.mediator.ports import StorageFault
from cleanroom.mediator.store.files import checked

CLIENT: Final[dict[str, Any]] = {"timeout": "60s", "connect_timeout": "5s"}
PATIENCE: Final[dict[str, Any]] = {"max_retries": 4, "retry_timeout": timedelta(seconds=20)}


class S3Blobs:
    """Keep blobs below one prefix; address and credentials are those of the environment."""

    def __init__(self, url: str) -> None:
        self._store: Any = S3Store.from_url(
            url,
            config={"checksum_algorithm": "SHA256"},
            # Options that are given here replace those of the environment.
            client_options={**CLIENT, "allow_http": environ.get("AWS_ALLOW_HTTP") == "true"},  # type: ignore[arg-type, unused-ignore]
            retry_config=PATIENCE,  # type: ignore[arg-type, unused-ignore]
        )

    def write(self, name: str, data: bytes, *, durable: bool = True) -> None:  # noqa: ARG002
        """Put a whole object in place at once; the store answers only once it has it."""
        checked(name)
        with _faults_named():
            try:
                obstore.put(self._store, name, data, mode="create", use_multipart=False)
                return
            except AlreadyExistsError:
                found = obstore.get(self._store, name)
            if bytes(found.bytes()) != data:
                marks = {name: found.meta[name] for name in ("e_tag", "version")}  # type: ignore[literal-required, unused-ignore]
                seen: Any = {name: mark for name, mark in marks.items() if mark is not None}
                obstore.put(self._store, name, data, mode=seen, use_multipart=False)

    def read(self, name: str) -> bytes:
        """Return a whole object; ``FileNotFoundError`` if there is none."""
        with _faults_named(FileNotFoundError):
            return bytes(obstore.get(self._store, checked(name)).bytes())

    def delete(self, names: Sequence[str], *, folders: bool = True) -> None:
        """Remove objects, and what lies below their names; what is gone already is not an error."""
        with _faults_named():
            if names:
                obstore.delete(self._store, [checked(name) for name in names])
            for name in names if folders else ():
                for below in obstore.list(self._store, prefix=name):
                    obstore.delete(self._store, [one["path"] for one in below])

    def keeps_conditions(self, name: str) -> bool:
        """Tell whether the store refuses a write whose condition does not hold; leave the object.

        A store that ignores conditions would let one server overwrite what another one wrote.
        """
        conditions: tuple[Any, ...] = ("create", {"e_tag": '"0"'})
        with _faults_named():
            for mode in conditions:
                try:
                    obstore.put(self._store, checked(name), b"", mode=mode, use_multipart=False)
                except (AlreadyExistsError, PreconditionError):
                    continue
                return False
        return True


@contextmanager
def _faults_named(*known: type[Exception]) -> Iterator[None]:
    """Call a failing store by one name, but for failures that are an answer."""
    try:
        yield
    except (BaseError, OSError) as error:
        # A bucket that is gone holds no answer.
        if isinstance(error, known) and "NoSuchBucket" not in str(error):
            raise
        raise StorageFault("the object store cannot be used now") from error
