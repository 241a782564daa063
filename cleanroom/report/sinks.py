"""Write an answer's table where its receiver keeps tables: a file, a database, an object store.

Everything runs on the receiver's machine, and nothing takes the place of what is there unless it
is told to.  Names of users and passwords stay in the environment, where the drivers look for them.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from cleanroom.errors import InvalidInput
from cleanroom.files import replaces, write_file
from cleanroom.ingest.origin import in_store, needed
from cleanroom.report.save import TABLE_ENDINGS, check_file, save_table
from cleanroom.words.table import columns_of

if TYPE_CHECKING:
    import pyarrow as pa

FILES: Final = (*TABLE_ENDINGS, ".parquet")
DATABASES: Final = ("duckdb", "sqlite", "postgresql", "snowflake", "bigquery", "flightsql")
"""What an address begins with that names a database; an ADBC driver writes to all but DuckDB."""
LOCAL: Final = ("duckdb", "sqlite")
_TABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


def check_target(to: str, table: str | None, overwrite: bool = False) -> None:
    """Raise ``InvalidInput`` for a target that cannot be written to, before anything is done.

    What only a database or a store knows shows when it is written.
    """
    if "@" in to.partition("://")[2]:
        raise InvalidInput(
            "The target names a user.", remedy="Leave names and passwords to the environment."
        )
    if _is_database(to):
        if table is None or not _TABLE.fullmatch(table):
            raise InvalidInput(
                "A database takes a table: letters, digits and _.", remedy="Give --table NAME."
            )
    elif table is not None:
        raise InvalidInput("A file has no tables.", remedy="Leave --table out.")
    elif "://" in to:
        _check_ending(PurePosixPath(to).name)
    else:
        check_file(Path(to), FILES, overwrite)


def save_to(
    result: Mapping[str, Any], to: str, table: str | None = None, overwrite: bool = False
) -> None:
    """Write the groups of an answer, or its figures where it has none.

    ``to`` is the path of a .csv or .parquet file, readable by its owner alone; the address of one
    in an object store; or ``duckdb:FILE``, ``sqlite:FILE``, ``postgresql://HOST/DATABASE`` and the
    like, where it becomes ``table``.  Columns are those of a frame.  Raises ``InvalidInput`` for
    what cannot be written, and for what is there already, unless ``overwrite``.
    """
    check_target(to, table, overwrite)
    if table is not None:
        _into_database(as_table(result), to, table, overwrite)
    elif "://" in to:
        _into_store(result, to, overwrite)
    elif Path(to).suffix.lower() == ".parquet":
        write_file(Path(to), _parquet(result))
    else:
        save_table(result, Path(to))


def as_table(result: Mapping[str, Any]) -> pa.Table:
    """Return an answer's groups, or its figures, as an Arrow table."""
    import pyarrow as pa  # noqa: PLC0415 (slow to import)

    return pa.table({name: list(values) for name, values in columns_of(result).items()})


def _parquet(result: Mapping[str, Any]) -> bytes:
    import pyarrow.parquet as pq  # noqa: PLC0415 (slow to import)

    held = io.BytesIO()
    pq.write_table(as_table(result), held)
    return held.getvalue()


def _is_database(to: str) -> bool:
    return to.partition(":")[0] in DATABASES


def _check_ending(name: str) -> None:
    if not name.lower().endswith(FILES):
        raise InvalidInput(f"{name} does not end with {' or '.join(FILES)}.")


def _into_store(result: Mapping[str, Any], to: str, overwrite: bool) -> None:
    """Write one object through fsspec."""
    name = PurePosixPath(to).name
    try:
        system, place = in_store(to)
        if not overwrite and system.exists(place):
            raise replaces(name)
        data = _parquet(result) if name.lower().endswith(".parquet") else _csv(result)
        with _for_the_owner_alone(), system.open(place, "wb") as target:
            target.write(data)
    except InvalidInput:
        raise
    except Exception as fault:  # each store has faults of its own
        # The address may say more than the log of a terminal should hold: it is not repeated.
        raise InvalidInput(f"{name} cannot be written: {type(fault).__name__}.") from None


def _csv(result: Mapping[str, Any]) -> bytes:
    """Return the very bytes of a local file, whose cells no spreadsheet takes for formulas."""
    import tempfile  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="cleanroom-") as folder:
        save_table(result, Path(folder) / "answer.csv")
        return (Path(folder) / "answer.csv").read_bytes()


def _into_database(rows: pa.Table, to: str, table: str, overwrite: bool) -> None:
    scheme, _, place = to.partition(":")
    if scheme in LOCAL and not Path(place).parent.is_dir():
        raise InvalidInput(f"There is no folder {Path(place).parent}.")
    with _for_the_owner_alone():
        if scheme == "duckdb":
            _into_duckdb(rows, place, table, overwrite)
            return
        driver = needed(f"adbc_driver_{scheme}.dbapi", f"adbc-driver-{scheme}")
        address = place if scheme == "sqlite" else to
        try:
            with closing(driver.connect(address)) as base, closing(base.cursor()) as cursor:
                cursor.adbc_ingest(table, rows, mode="replace" if overwrite else "create")
                base.commit()
        except driver.Error as fault:
            raise _unwritten(table, fault, overwrite) from None


def _into_duckdb(rows: pa.Table, place: str, table: str, overwrite: bool) -> None:
    duckdb = needed("duckdb", "duckdb")
    verb = "CREATE OR REPLACE TABLE" if overwrite else "CREATE TABLE"
    try:
        # Nothing is fetched from elsewhere, whatever a path begins with.
        offline = {"autoinstall_known_extensions": "false"}
        with duckdb.connect(place, config=offline) as base:
            base.execute("SET enable_progress_bar = false")
            base.register("cleanroom_answer", rows)
            # ``check_target`` let no name through that is more than a name.
            base.execute(f'{verb} "{table}" AS SELECT * FROM cleanroom_answer')  # noqa: S608
    except duckdb.Error as fault:
        raise _unwritten(table, fault, overwrite) from None


def _unwritten(table: str, fault: Exception, overwrite: bool) -> InvalidInput:
    """Say what a database refused; drivers repeat no password, which none of them was given."""
    way = None if overwrite else "If it is there already, --overwrite replaces it."
    return InvalidInput(f"The table {table} cannot be written: {fault}", remedy=way)


@contextmanager
def _for_the_owner_alone() -> Iterator[None]:
    """Let a file that is new be readable by its owner alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
