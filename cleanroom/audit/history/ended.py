"""Remember the jobs that have ended: few in memory, all others in a temporary file."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

Readers = tuple[tuple[str, str | None], ...]
"""Who may read which part of a release."""

IN_MEMORY: Final = 2_000
"""Jobs that are held before they go to the file together."""


class EndedJobs:
    """Know every job that has ended, its readers, and every question that has an answer.

    The file has no name, lies where SQLite puts temporary files and goes with this object.
    """

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._file.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;"
            "PRAGMA cache_size = -4000;"
            "CREATE TABLE jobs (job BLOB PRIMARY KEY, readers INTEGER) WITHOUT ROWID;"
            "CREATE TABLE answers (question BLOB PRIMARY KEY, job BLOB) WITHOUT ROWID;"
        )
        self._numbers: dict[Readers, int] = {}
        self._readers: list[Readers] = []
        self._jobs: dict[bytes, int] = {}
        self._answers: dict[bytes, bytes] = {}

    def add(self, job: str, readers: Readers, question: str | None) -> None:
        """Remember a job; ``question`` is None if it ended without an answer."""
        identity = bytes.fromhex(job)
        self._jobs[identity] = self._number(readers)
        if question is not None:
            self._answers[bytes.fromhex(question)] = identity
        if len(self._jobs) >= IN_MEMORY:
            self._file.executemany("INSERT INTO jobs VALUES (?, ?)", self._jobs.items())
            self._file.executemany("INSERT INTO answers VALUES (?, ?)", self._answers.items())
            self._jobs, self._answers = {}, {}

    def readers(self, job: str) -> Readers | None:
        """Return who may read an ended job, None if no such job has ended."""
        try:
            identity = bytes.fromhex(job)
        except ValueError:
            return None
        # Spaces and capitals are read too, but name no job.
        if identity.hex() != job:
            return None
        number = self._jobs.get(identity)
        if number is None:
            number = self._filed("SELECT readers FROM jobs WHERE job = ?", identity)
        return None if number is None else self._readers[number]

    def close(self, job: str) -> None:
        """Let nobody read an ended job any more."""
        identity = bytes.fromhex(job)
        number = self._number(())
        if identity in self._jobs:
            self._jobs[identity] = number
        else:
            self._file.execute("UPDATE jobs SET readers = ? WHERE job = ?", (number, identity))

    def answered(self, question: str) -> str | None:
        """Return the job that answered a question, None if none did."""
        digest = bytes.fromhex(question)
        found = self._answers.get(digest)
        if found is None:
            found = self._filed("SELECT job FROM answers WHERE question = ?", digest)
        return found.hex() if found else None

    def _number(self, readers: Readers) -> int:
        if readers not in self._numbers:
            self._numbers[readers] = len(self._readers)
            self._readers.append(readers)
        return self._numbers[readers]

    def _filed(self, query: str, key: bytes) -> Any:
        row = self._file.execute(query, (key,)).fetchone()
        return row[0] if row else None
