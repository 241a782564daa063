"""Start Spark so that it keeps to itself what it is given, and run the work of workers on it.

A session of this process has no web page and writes no log of events, for both show queries.  What
goes between machines, and what is put on their disks, is encrypted, whatever else is configured.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from cleanroom.errors import InvalidInput
from cleanroom.ingest.origin import needed, pieces
from cleanroom.ingest.reader import latest_now
from cleanroom.ingest.spark.doctor import JAVA, PACKAGE, is_enough, java
from cleanroom.ingest.spark.gathered import Gatherer
from cleanroom.ingest.spark.parts import Message
from cleanroom.ingest.spark.worker import COLUMNS, Work, copy_rows, read_pieces, read_rows
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.ingest.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

MASTER: Final = "CLEANROOM_SPARK_MASTER"
"""Names the cluster: ``local[4]``, ``yarn``, ``k8s://...`` or ``spark://...``."""

KEPT_IN: Final = {
    "spark.ui.enabled": "false",
    "spark.eventLog.enabled": "false",
    "spark.authenticate": "true",
    "spark.network.crypto.enabled": "true",
    "spark.io.encryption.enabled": "true",
    "spark.python.unix.domain.socket.enabled": "true",
    # What Spark logs of a task that failed may have the cell in it that it failed at.
    "spark.log.level": "OFF",
    "spark.executor.syncLogLevel.enabled": "true",
}
"""What no configuration may change."""

TOGETHER: Final = 16
"""Messages that the driver takes at a time, of a megabyte or few each."""

_BATCH: Final = {"spark.sql.execution.arrow.maxRecordsPerBatch": "65536"}
_LOOPBACK: Final = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
_LOGGERS: Final = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")
"""They write what Spark says of a failed query, with the cell it failed at."""


@dataclass(frozen=True)
class OnSpark:
    """Read datasets on a running cluster."""

    session: SparkSession

    def read(self, spec: DatasetSpec, folder: Path, executor: Executor | None = None) -> Table:
        """Return the table that reading the same rows on this machine gives, to the byte.

        Normalising is spread over the workers: ``executor`` is not used.  Raises ``InvalidInput``
        only when the data cannot be read to their end; what else forbids taking them stands in
        the report.
        """
        del executor
        work = Work(spec, latest_now())
        if spec.query is not None:
            return Gatherer(spec, "query").table(self._asked(spec, work))
        work = replace(work, pieces=tuple(pieces(spec, folder)))
        names = tuple(PurePosixPath(one).name for one in work.pieces)
        whole = names[0] if len(names) == 1 else f"{PurePosixPath(spec.file).name} (all)"

        def lookup(records: dict[int, list[int]]) -> Iterator[Message]:
            return self._answers(replace(work, records=records), sorted(records))

        return Gatherer(spec, whole, names, lookup).table(
            self._answers(work, range(len(work.pieces)))
        )

    def batches(self, query: str) -> pa.RecordBatchReader:
        """Return the rows of a query, a partition at a time."""
        with _failing():
            frame = self.session.sql(query)
            schema = frame.limit(0).toArrow().schema
        return pa.RecordBatchReader.from_batches(schema, self._rows(frame))

    def _rows(self, frame: DataFrame) -> Iterator[pa.RecordBatch]:
        with _failing():
            for message in _messages(frame.mapInArrow(copy_rows, COLUMNS)):
                with pa.ipc.open_stream(message.rows) as stream:
                    yield from stream

    def _asked(self, spec: DatasetSpec, work: Work) -> Iterator[Message]:
        if spec.source != "spark" or spec.query is None:
            raise InvalidInput(
                f"Spark cannot ask {spec.source.partition(':')[0]}.",
                file="query",
                remedy='Leave out --engine, or write source = "spark" and a query of Spark.',
            )
        with _failing():
            frame = self.session.sql(spec.query)
            yield from _messages(frame.mapInArrow(partial(read_rows, work=work), COLUMNS))

    def _answers(self, work: Work, numbers: Iterable[int]) -> Iterator[Message]:
        """Yield what the workers say of pieces, one task for each, in rising order."""
        chosen = list(numbers)
        with _failing():
            # Number i of a range of n in n partitions is alone in partition i.
            frame = self.session.range(0, len(chosen), 1, len(chosen))
            run = partial(_numbered, numbers=chosen, work=work)
            yield from _messages(frame.mapInArrow(run, COLUMNS))


def _numbered(
    batches: Iterable[pa.RecordBatch], numbers: list[int], work: Work
) -> Iterator[pa.RecordBatch]:
    mapped = (
        pa.record_batch({"part": [numbers[place] for place in batch.column(0).to_pylist()]})
        for batch in batches
    )
    return read_pieces(mapped, work)


def _messages(frame: DataFrame) -> Iterator[Message]:
    """Compute all parts beside each other, then take their messages some at a time, in order.

    A part may be larger than the memory of Spark's driver, which holds whole partitions: so the
    messages are dealt out to others, of some each.
    """
    from pyspark import StorageLevel  # noqa: PLC0415 - an extra

    kept = frame.persist(StorageLevel.DISK_ONLY)
    try:
        count = kept.count()
        dealt = kept.repartitionByRange(1 + count // TOGETHER, "part", "place")
        ordered = dealt.sortWithinPartitions("part", "place")
        for row in ordered.toLocalIterator(prefetchPartitions=True):
            count -= 1
            rows = None if row.rows is None else bytes(row.rows)
            yield Message(int(row.part), row.document, rows)
        if count:
            raise InvalidInput("Spark lost a part of the rows.", remedy="Run the command again.")
    finally:
        kept.unpersist()


@contextmanager
def _failing() -> Iterator[None]:
    """Say in a sentence what Spark says in pages, which may repeat a cell."""
    from py4j.protocol import Py4JError, Py4JJavaError  # noqa: PLC0415 - an extra
    from pyspark.errors import AnalysisException, PySparkException  # noqa: PLC0415

    try:
        yield
    except AnalysisException as fault:
        # No row was read yet: it speaks of the query and of the tables alone.
        raise InvalidInput(f"Spark does not take the query: {_first_line(fault)}") from None
    except (PySparkException, Py4JError, ConnectionError) as fault:
        condition = getattr(fault, "getCondition", lambda: None)() or type(fault).__name__
        if isinstance(fault, Py4JJavaError):
            condition = str(fault.java_exception.getClass().getName())
        missing = "No module named 'cleanroom'" in str(fault)
        raise InvalidInput(
            "A Spark worker does not have cleanroom installed."
            if missing
            else f"Spark failed: {condition}.",
            remedy="Install the same versions on all workers, and name their Python in "
            "PYSPARK_PYTHON."
            if missing
            else "Run the query in Spark's own shell to see where.",
        ) from None


def _first_line(fault: Exception) -> str:
    return str(fault).strip().splitlines()[0]


@contextmanager
def on_spark(master: str | None = None) -> Iterator[OnSpark]:
    """Yield a running cluster; without a master it is Spark's own setting, or this machine.

    Raises ``InvalidInput`` that says how to get what is missing: the package, or Java.
    """
    spark = needed("pyspark.sql", PACKAGE).SparkSession
    if not is_enough(java()):
        raise InvalidInput("Spark needs Java.", remedy=JAVA)
    from pyspark import SparkConf, SparkContext  # noqa: PLC0415 - an extra
    from pyspark.logger import PySparkLogger  # noqa: PLC0415

    for name in _LOGGERS:
        PySparkLogger.getLogger(name).disabled = True
    master = master or os.environ.get(MASTER)
    if master is None:
        SparkContext._ensure_initialized()  # before, a configuration holds no file's settings
        master = SparkConf().get("spark.master") or "local[*]"
    settings = {**_BATCH, **KEPT_IN}
    settings["spark.ui.showConsoleProgress"] = str(sys.stderr.isatty()).lower()
    if master.startswith("local"):
        settings |= _LOOPBACK
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder: Any = spark.builder.appName("cleanroom").master(master)
    for key, value in settings.items():
        builder = builder.config(key, value)
    with _failing():
        session = builder.getOrCreate()
    try:
        running = session.sparkContext.getConf()
        open_ = [key for key, value in KEPT_IN.items() if running.get(key) != value]
        if open_:
            raise InvalidInput(
                f"A Spark session is already running here without {', '.join(open_)}."
            )
        yield OnSpark(session)
    finally:
        with suppress(ConnectionError):  # of a driver that died
            session.stop()
