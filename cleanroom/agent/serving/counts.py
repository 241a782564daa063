"""Count questions on disk, so that a quota and a tally outlast the processes that share them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Final

from cleanroom.documents.serving import ServingTerms
from cleanroom.errors import BudgetExhausted, Conflict, Unauthenticated, Unreachable
from cleanroom.files import make_folder
from cleanroom.forks import Forked
from cleanroom.room.serving import MINUTE, MINUTES_OF_DAY

BUSY_SECONDS: Final = 5.0
FRESH_SECONDS: Final = 30
"""How far a question's time may be from the server's; so long its nonce is remembered."""

_SAID, _CLOSED = 1, 2
"""A minute was tallied, or is about to be: nothing is counted in it any more."""

_TABLES: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS minutes (
    place INTEGER, minute INTEGER, questions INTEGER NOT NULL, lost INTEGER NOT NULL DEFAULT 0,
    said INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (place, minute)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seconds (
    place INTEGER PRIMARY KEY, second INTEGER NOT NULL, questions INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS days (
    place INTEGER PRIMARY KEY, day INTEGER NOT NULL, questions INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS nonces (nonce BLOB PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS nonces_until ON nonces (until);
CREATE TABLE IF NOT EXISTS figures (
    place INTEGER, minute INTEGER, requests INTEGER NOT NULL, milliseconds REAL NOT NULL,
    hits INTEGER NOT NULL, PRIMARY KEY (place, minute)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS halts (place INTEGER PRIMARY KEY, rule TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Minute:
    """What one home knows of a minute; ``milliseconds`` are those of all ``requests`` together."""

    minute: int
    questions: int
    lost: int
    requests: int
    milliseconds: float
    hits: int

    @property
    def begins(self) -> str:
        """Return when it begins, in UTC."""
        return datetime.fromtimestamp(self.minute * MINUTE, UTC).strftime("%Y-%m-%d %H:%M")


@dataclass(frozen=True)
class Answer:
    """An answer as its asker counts it; ``hits`` are the labels that it brought."""

    minute: int
    questions: int
    seconds: float
    hits: int


class Counts(Forked):
    """Hold one file of counts; threads, processes and their forks may share it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._turn = Lock()
        self._database: sqlite3.Connection | None = None
        make_folder(file.parent)
        with self._write() as database:
            database.execute("SELECT 1")
        super().__init__()

    def before_fork(self) -> None:
        """Close the file: SQLite's locks do not outlast a fork."""
        self._turn.acquire()
        if self._database is not None:
            self._database.close()
            self._database = None

    def after_fork(self) -> None:
        """Let the next one open it."""
        self._turn.release()

    @contextmanager
    def _read(self, wait: float = BUSY_SECONDS) -> Iterator[sqlite3.Connection]:
        """Use the connection, which one thread at a time does."""
        if not self._turn.acquire(timeout=max(wait, 0)):
            raise Unreachable("the counts have been in use for too long")
        try:
            if self._database is None:
                self._database = sqlite3.connect(
                    self._file,
                    timeout=BUSY_SECONDS,
                    isolation_level=None,
                    check_same_thread=False,
                )
                self._database.executescript(_TABLES)
            yield self._database
        finally:
            self._turn.release()

    @contextmanager
    def _write(self, wait: float = BUSY_SECONDS) -> Iterator[sqlite3.Connection]:
        """Write all or nothing; ``Unreachable`` if others keep the file for so many seconds."""
        with self._read(wait) as database:
            database.execute(f"PRAGMA busy_timeout = {max(int(1000 * wait), 0)}")
            try:
                database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                raise Unreachable(f"nothing can be counted: {error}") from None
            try:
                yield database
                database.execute("COMMIT")
            finally:
                if database.in_transaction:
                    database.execute("ROLLBACK")

    def take(
        self, place: int, terms: ServingTerms, nonce: bytes, questions: int, now: float
    ) -> int:
        """Count questions that are about to be answered, all or none; return their minute.

        Raises:
            Unauthenticated: for a nonce that was used.
            BudgetExhausted: if the second's or the day's quota does not cover them.
            Conflict: if serving was halted.
            Unreachable: if the question waited here until its minute was closed.
        """
        with self._write() as database:
            # A clock that steps back would add to minutes that were tallied.
            last = database.execute("SELECT second FROM seconds WHERE place = ?", [place])
            second = max(int(now), *(last.fetchone() or (0,)))
            minute = second // MINUTE
            halted = database.execute("SELECT rule FROM halts WHERE place = ?", [place]).fetchone()
            if halted:
                raise Conflict(f"serving was halted by {halted[0]}", rule="serving-halted")
            _use(database, nonce, second)
            quotas = (
                ("seconds", "second", second, terms.per_second),
                ("days", "day", minute // MINUTES_OF_DAY, terms.per_day),
            )
            for table, column, current, most in quotas:
                _spend(database, table, column, place, current, questions, most)
            counted = database.execute(
                "INSERT INTO minutes (place, minute, questions) VALUES (?, ?, ?) ON CONFLICT DO"
                " UPDATE SET questions = questions + excluded.questions WHERE NOT said",
                [place, minute, questions],
            )
            if not counted.rowcount:
                raise Unreachable("the minute of this question is over")
        return minute

    def sending(self, place: int, minute: int, questions: int, wait: float) -> None:
        """Count as lost what an asker is about to send: whatever ends it, this stays.

        Raises ``Unreachable`` if that cannot be written within ``wait`` seconds.
        """
        with self._write(wait) as database:
            _add(database, place, minute, 0, questions)

    def refused(self, place: int, sent: int, questions: int, wait: float) -> None:
        """Take back what was counted as lost when it was sent: the server counted none of it."""
        with self._write(wait) as database:
            _add(database, place, sent, 0, -questions)

    def answered(self, place: int, sent: int, answer: Answer, wait: float) -> None:
        """Count as answered, in the server's minute, what was counted as lost when it was sent."""
        with self._write(wait) as database:
            _add(database, place, sent, 0, -answer.questions)
            _add(database, place, answer.minute, answer.questions, 0)
            _figure(database, place, answer.minute, 1, answer.seconds, answer.hits)

    def timed(self, place: int, minute: int, requests: int, seconds: float) -> None:
        """Add how long answered requests of a minute took in all."""
        with self._write() as database:
            _figure(database, place, minute, requests, seconds, 0)

    def recent(self, place: int, count: int) -> list[Minute]:
        """Return the latest minutes in which people were asked about, the newest first."""
        with self._read() as database:
            found = database.execute(
                "SELECT minute, questions, lost, coalesce(requests, 0), coalesce(milliseconds, 0),"
                " coalesce(hits, 0) FROM minutes LEFT JOIN figures USING (place, minute)"
                " WHERE place = ? AND questions + lost > 0 ORDER BY minute DESC LIMIT ?",
                [place, count],
            )
            return [Minute(*row) for row in found]

    def asked(self, place: int, now: float) -> int:
        """Return how many people were asked about, answered or not, on the present day (UTC)."""
        first = int(now) // MINUTE // MINUTES_OF_DAY * MINUTES_OF_DAY
        with self._read() as database:
            found = database.execute(
                "SELECT coalesce(sum(questions + lost), 0) FROM minutes WHERE place = ? AND minute"
                " BETWEEN ? AND ?",
                [place, first, first + MINUTES_OF_DAY - 1],
            )
            return int(found.fetchone()[0])

    def unsaid(self, place: int, before: int) -> list[int]:
        """Return the minutes before one that were not tallied yet."""
        with self._read() as database:
            found = database.execute(
                "SELECT minute FROM minutes WHERE place = ? AND minute < ? AND said != ?"
                " ORDER BY minute",
                [place, before, _SAID],
            )
            return [minute for (minute,) in found]

    def close(self, place: int, minute: int) -> int:
        """Let nothing more be counted in a minute; return its questions."""
        with self._write() as database:
            database.execute(
                "UPDATE minutes SET said = ? WHERE place = ? AND minute = ? AND NOT said",
                [_CLOSED, place, minute],
            )
            found = database.execute(
                "SELECT questions FROM minutes WHERE place = ? AND minute = ?", [place, minute]
            )
            return int(found.fetchone()[0])

    def said(self, place: int, minute: int) -> None:
        """Note that a minute was tallied."""
        with self._write() as database:
            database.execute(
                "UPDATE minutes SET said = ? WHERE place = ? AND minute = ?",
                [_SAID, place, minute],
            )

    def between(self, place: int, minute: int) -> tuple[int, int]:
        """Return the least and the most questions that a server can have counted in a minute.

        What got no answer may have been counted, in the minute in which it was sent or beside it.
        """
        with self._read() as database:
            # One statement: between two of them a question may go from lost to answered.
            least, lost = database.execute(
                "SELECT coalesce(sum(questions) FILTER (WHERE minute = ?2), 0),"
                " coalesce(sum(lost), 0) FROM minutes WHERE place = ?1 AND minute BETWEEN ?2 - 1"
                " AND ?2 + 1",
                (place, minute),
            ).fetchone()
        return least, least + lost

    def halt(self, place: int, rule: str) -> None:
        """Answer no more questions under a grant until somebody looked."""
        with self._write() as database:
            database.execute("INSERT OR REPLACE INTO halts VALUES (?, ?)", [place, rule])

    def of_day(self, place: int, now: float) -> int:
        """Return the questions of the present day (UTC)."""
        with self._read() as database:
            found = database.execute(
                "SELECT questions FROM days WHERE place = ? AND day = ?",
                [place, int(now) // MINUTE // MINUTES_OF_DAY],
            ).fetchone()
        return int(found[0]) if found else 0


def _add(database: sqlite3.Connection, place: int, minute: int, answered: int, lost: int) -> None:
    database.execute(
        "INSERT INTO minutes (place, minute, questions, lost) VALUES (?, ?, ?, ?) ON CONFLICT DO"
        " UPDATE SET questions = questions + excluded.questions, lost = lost + excluded.lost",
        [place, minute, answered, lost],
    )


def _figure(
    database: sqlite3.Connection, place: int, minute: int, requests: int, seconds: float, hits: int
) -> None:
    database.execute(
        "INSERT INTO figures VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " requests = requests + excluded.requests,"
        " milliseconds = milliseconds + excluded.milliseconds, hits = hits + excluded.hits",
        [place, minute, requests, 1000 * seconds, hits],
    )


def _use(database: sqlite3.Connection, nonce: bytes, second: int) -> None:
    database.execute("DELETE FROM nonces WHERE until < ?", [second])
    try:
        database.execute(
            "INSERT INTO nonces VALUES (?, ?)", [nonce, second + 2 * FRESH_SECONDS + 1]
        )
    except sqlite3.IntegrityError:
        raise Unauthenticated("the question was asked before") from None


def _spend(
    database: sqlite3.Connection,
    table: str,
    column: str,
    place: int,
    current: int,
    questions: int,
    most: int,
) -> None:
    """Count questions of a second or a day; raise ``BudgetExhausted`` if there are too many."""
    row = database.execute(f"SELECT {column}, questions FROM {table} WHERE place = ?", [place])  # noqa: S608
    then, used = row.fetchone() or (current, 0)
    if current > then:
        used = 0
    if used + questions > most:
        raise BudgetExhausted(f"the quota of this {column} is used up", rule="serving-quota")
    database.execute(
        f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)",  # noqa: S608
        [place, current, used + questions],
    )
