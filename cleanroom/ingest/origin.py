"""Bring a party's data to one local file, for as long as that is read.

One file is where it lies.  A folder or a pattern of files is put together, a table of Delta Lake,
of Iceberg or an object store's file is copied, and a query is run; what comes of them goes through
the very checks of a file.  Nothing is kept: the copy lies in a folder that its owner alone can
read, under the system's folder of temporary files.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from glob import has_magic
from importlib import import_module
from pathlib import Path, PurePath, PurePosixPath
from shutil import copyfileobj
from types import ModuleType
from typing import Any, Final, TypeVar

import pyarrow as pa

from cleanroom.errors import InvalidInput
from cleanroom.ingest.frames import write_parquet
from cleanroom.ingest.joined import BATCH, CHUNK, check_copies, put_together
from cleanroom.ingest.spec import DatasetSpec

KINDS: Final = (".csv", ".parquet")
_QUOTED: Final = re.compile("(['\"])(.+?)\\1")
_Place = TypeVar("_Place", bound=PurePath)
_DELTA: Final = "_delta_log"
_HUDI: Final = ".hoodie"
_ICEBERG: Final = "iceberg://"
_HIDDEN: Final = (".", "~$")
"""How names begin that no program lists as data: locks, checksums, what macOS lays beside files."""


@contextmanager
def opened(spec: DatasetSpec, folder: Path) -> Iterator[Path]:
    """Yield the local file that holds a dataset's data; relative paths start at ``folder``.

    Raises:
        InvalidInput: for a query or files that cannot be read, or that do not belong together.
    """
    place = folder / spec.file
    if spec.is_path and not _many(spec.file, folder):
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="cleanroom-") as private:
        if spec.query is not None:
            path = Path(private) / "query"
            _run(spec.source, spec.query, folder, path)
        elif spec.file.startswith(_ICEBERG):
            path = Path(private) / PurePosixPath(spec.file).name
            _copy_iceberg(spec.file.removeprefix(_ICEBERG), path)
        else:
            files = (
                _fetched(spec.file, Path(private)) if "://" in spec.file else _found(spec, folder)
            )
            path = files[0] if len(files) == 1 else Path(private) / f"{place.name} (all)"
            if (files[0] / _DELTA).is_dir():
                path = Path(private) / place.name
                _copy_delta(files[0], path)
            elif len(files) > 1:
                check_copies(files)
                put_together(files, path)
        yield path


def pieces(spec: DatasetSpec, folder: Path) -> list[str]:
    """Return the paths or URLs of a dataset's files, in the order of their names.

    Raises ``InvalidInput`` for what is not a file, and for files that are not of one kind.
    """
    if "://" in spec.file:
        return _named(spec.file)
    place = (folder / spec.file).absolute()
    files = _found(spec, folder) if _many(spec.file, folder) else [place]
    if (files[0] / _DELTA).is_dir():
        raise _table_of_spark(place.name)
    return [str(file.absolute()) for file in files]


def _named(url: str) -> list[str]:
    """Return what a URL names, one file or a pattern of them."""
    name = PurePosixPath(url).name
    if url.startswith(_ICEBERG):
        raise _table_of_spark(name)
    if not has_magic(name):
        return [url]
    with _fetching(name):
        system, place = in_store(url)
        return [str(system.unstrip_protocol(one)) for one in _listed(system, name, place)]


def _listed(system: Any, name: str, place: str) -> list[str]:
    """Return what a place in a store is called, or each file that its pattern names."""
    if not has_magic(name):
        return [place]
    found = {
        PurePosixPath(one): (one, told) for one, told in system.glob(place, detail=True).items()
    }
    kinds = {file: str(told["type"]) for file, (_, told) in found.items()}
    return [found[file][0] for file in _of_one_kind(name, kinds)]


def _table_of_spark(name: str) -> InvalidInput:
    return InvalidInput(
        "Spark reads tables by a query.",
        file=name,
        remedy='Write query = "SELECT ... FROM ..." and source = "spark" in its section.',
    )


@contextmanager
def piece(address: str) -> Iterator[Path]:
    """Yield the local file that a path is, or a private copy of what a URL names."""
    if "://" not in address:
        yield Path(address)
        return
    with tempfile.TemporaryDirectory(prefix="cleanroom-") as private:
        (path,) = _fetched(address, Path(private))
        yield path


def is_missing(spec: DatasetSpec, folder: Path) -> bool:
    """Tell whether a dataset's files are not on this machine; what lies elsewhere is not asked."""
    if not spec.is_path:
        return False
    place = folder / spec.file
    return not place.exists() and not (
        _many(spec.file, folder) and any(_matching(spec.file, folder))
    )


def _many(name: str, folder: Path) -> bool:
    return (folder / name).is_dir() or (has_magic(name) and not (folder / name).exists())


def _matching(pattern: str, folder: Path) -> Iterator[Path]:
    """Yield what a pattern names below a folder, whose own name is not a pattern."""
    whole = Path(pattern)
    return Path(folder, whole.anchor).glob(str(whole.relative_to(whole.anchor)))


def _found(spec: DatasetSpec, folder: Path) -> list[Path]:
    """Return the files of a folder or a pattern by name, or the folder of a Delta table."""
    place = folder / spec.file
    if (place / _DELTA).is_dir():
        return [place]
    if (place / _HUDI).is_dir():
        raise InvalidInput(
            "It is a table of Hudi, whose files also hold former versions of its rows.",
            file=place.name,
            remedy='Read its newest version by a query: source = "spark" beside query.',
        )
    files = place.iterdir() if place.is_dir() else _matching(spec.file, folder)
    return _of_one_kind(place.name, {file: _type(file) for file in files})


def _type(file: Path) -> str:
    return "directory" if file.is_dir() else "file" if file.is_file() else "other"


def _of_one_kind(name: str, files: Mapping[_Place, str]) -> list[_Place]:
    """Return the files by name, of what lies there by its type, as fsspec has it.

    Refuse whatever else may hold rows: they would be missing.
    """
    found = sorted(file for file in files if not _hidden(file))
    kinds = sorted({file.suffix.lower() for file in found if files[file] == "file"} & {*KINDS})
    rest = [one for one in found if one.suffix.lower() not in KINDS or files[one] != "file"]
    folders = [one for one in rest if files[one] == "directory"]
    if len(kinds) != 1:
        raise InvalidInput(
            f"{name} holds {' and '.join(kinds)} files." if kinds else "There are no such files.",
            file=name,
            remedy=_PARTITIONS
            if folders
            else "Name files of one kind: folder/*.csv or folder/*.parquet.",
        )
    if rest:
        what = "a folder" if rest[0] in folders else f"not a {kinds[0]} file"
        raise InvalidInput(
            f"{len(rest)} of the entries there would not be read: this one is {what}.",
            file=rest[0].name,
            remedy=_PARTITIONS
            if rest[0] in folders
            else f"Name those you mean: {name}/*{kinds[0]}.",
        )
    return found


def _hidden(file: PurePath) -> bool:
    marks = file.name.startswith("_") and file.suffix.lower() not in KINDS  # _SUCCESS, _metadata
    return marks or file.name.startswith(_HIDDEN)


_PARTITIONS: Final = (
    "Folders below are read by a pattern, folder/*/*.parquet; if their names hold values "
    "(tier=gold), by a query: SELECT * FROM read_parquet('folder/**/*.parquet', "
    "hive_partitioning = true)."
)


# --- other places


def _fetched(url: str, private: Path) -> list[Path]:
    """Copy what a URL names, one file or a pattern of them, through fsspec."""
    name = PurePosixPath(url).name
    with _fetching(name):
        system, place = in_store(url)
        kept = []
        for number, one in enumerate(_listed(system, name, place)):
            folder = private / str(number)
            folder.mkdir()
            kept.append(folder / PurePosixPath(one).name)
            with system.open(one, "rb") as source, kept[-1].open("xb") as copy:
                copyfileobj(source, copy, CHUNK)
    return kept


@contextmanager
def _fetching(name: str) -> Iterator[None]:
    try:
        yield
    except InvalidInput:
        raise
    except Exception as fault:  # each store has faults of its own
        # The address may say more than the log of a terminal should hold: it is not repeated.
        raise InvalidInput(f"It cannot be fetched: {type(fault).__name__}.", file=name) from None


def in_store(url: str) -> tuple[Any, str]:
    """Return the object store that a URL names, as fsspec knows it, and the place in it.

    Raises ``InvalidInput`` that names the package which the store needs, where it is missing.
    """
    fsspec, scheme = needed("fsspec", "fsspec"), url.partition("://")[0]
    stores = needed("fsspec.registry", "fsspec").known_implementations
    known = stores.get(scheme, {"class": "fsspec"})
    package = known["class"].partition(".")[0]
    needed(package, package)
    system, place = fsspec.core.url_to_fs(url)
    return system, str(place)


def _copy_delta(table: Path, path: Path) -> None:
    delta = needed("deltalake", "deltalake")
    try:
        write_parquet(delta.DeltaTable(table).to_pyarrow_dataset().scanner().to_reader(), path)
    except (OSError, delta.exceptions.DeltaError) as fault:
        raise InvalidInput(f"This Delta table cannot be read: {fault}.", file=table.name) from None


def _copy_iceberg(address: str, path: Path) -> None:
    """Write the rows of a table's current snapshot, one of its data files at a time.

    The catalog is one of PyIceberg's configuration, where its address and credentials stand; what
    it says of a fault may repeat them.
    """
    catalogs = needed("pyiceberg.catalog", "pyiceberg")
    arrow = needed("pyiceberg.io.pyarrow", "pyiceberg")
    catalog, _, table = address.partition("/")
    try:
        scan = catalogs.load_catalog(catalog).load_table(table).scan()
        schema = arrow.schema_to_pyarrow(scan.projection())
        reader = arrow.ArrowScan(
            scan.table_metadata, scan.io, scan.projection(), scan.row_filter, scan.case_sensitive
        )
        # All files at once, as the scan reads them by itself, would be in memory together.
        batches = (
            batch for file in scan.plan_files() for batch in reader.to_record_batches([file])
        )
        write_parquet(pa.RecordBatchReader.from_batches(schema, batches).cast(schema), path)
    except InvalidInput:
        raise
    except Exception as fault:
        raise InvalidInput(
            f"This Iceberg table cannot be read: {type(fault).__name__}.",
            file=path.name,
            remedy="Name it iceberg://CATALOG/NAMESPACE.TABLE; PyIceberg has to know the catalog.",
        ) from None


def _run(source: str, query: str, folder: Path, path: Path) -> None:
    """Run one SELECT and write its rows, a batch at a time."""
    scheme, _, place = source.partition(":")
    if scheme == "duckdb":
        _run_duckdb(query, folder, place, path)
        return
    if scheme == "spark":
        from cleanroom.ingest.spark.session import on_spark  # noqa: PLC0415 - an extra

        with on_spark() as cluster:
            write_parquet(cluster.batches(query), path)
        return
    driver = needed(f"adbc_driver_{scheme}.dbapi", f"adbc-driver-{scheme}")
    address = str(folder / place) if scheme == "sqlite" else source
    try:
        with closing(driver.connect(address)) as base, closing(base.cursor()) as cursor:
            cursor.execute(query)
            write_parquet(cursor.fetch_record_batch(), path)
    except driver.Error as fault:
        raise InvalidInput(f"The query failed: {fault}", file="query") from None


def _run_duckdb(query: str, folder: Path, place: str, path: Path) -> None:
    duckdb = needed("duckdb", "duckdb")
    try:
        statements = duckdb.extract_statements(query)
        if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
            raise InvalidInput("A query is one SELECT.", file="query")
        database = str(folder / place) if place else ":memory:"
        with duckdb.connect(database, read_only=bool(place)) as base:
            base.execute("SET file_search_path = ?", [str(folder)])
            base.execute("SET autoinstall_known_extensions = false")
            # It would be drawn on standard output, which may be a document.
            base.execute("SET enable_progress_bar = false")
            untold = _has_int96(base, query, duckdb.Error)
            write_parquet(base.sql(query).to_arrow_reader(BATCH), path, untold=untold)
    except duckdb.Error as fault:
        raise InvalidInput(f"The query failed: {fault}", file="query") from None


def _has_int96(base: Any, query: str, error: type[Exception]) -> bool:
    """Tell whether a file that a query names has times in INT96: DuckDB gives them no zone."""
    for text in {found[2] for found in _QUOTED.finditer(query)}:
        with suppress(error):
            found = base.execute("SELECT 1 FROM parquet_schema(?) WHERE type = 'INT96'", [text])
            if found.fetchall():
                return True
    return False


def needed(name: str, package: str) -> ModuleType:
    """Return a module of an optional package; raise ``InvalidInput`` that names the package."""
    try:
        return import_module(name)
    except ImportError:
        raise InvalidInput(
            f"This needs the package {package}.", remedy=f"Run: pip install {package}"
        ) from None
