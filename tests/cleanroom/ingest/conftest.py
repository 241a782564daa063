"""Read files in this process where a test asks what is in them, and not how the reader ends."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import IO, Any

import pytest

from cleanroom.ingest.source import Source
from cleanroom.isolated.__main__ import answer
from cleanroom.isolated.records import BLOCK_BYTES


class Child:
    """Stand for a process that has answered."""

    def __init__(self, request: dict[str, Any], report: IO[bytes]) -> None:
        self.stdout = io.BytesIO()
        self._code, ending = answer(request, self.stdout)
        self.stdout.seek(0)
        report.write(json.dumps(ending).encode())

    def wait(self) -> int:
        """Return the exit code."""
        return self._code

    def kill(self) -> None:
        """Have nothing to end."""


def start(source: Source, request: dict[str, Any], report: IO[bytes]) -> Child:
    """Answer at once, with the code of the process that the product starts."""
    return Child(json.loads(json.dumps(request | {"path": str(source.path)})), report)


@pytest.fixture(scope="module")
def inside() -> Iterator[None]:
    """Start no process for a file: that takes 0.4 s, and is tested elsewhere."""
    longest = csv.field_size_limit(2 * BLOCK_BYTES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Source, "_start", start)
        yield
    csv.field_size_limit(longest)
