"""Answer one request for the rows of a file, or for the lines that some of them start on.

Standard input carries the request in JSON; standard output one Arrow stream of text columns (or
the lines, in JSON); standard error one JSON document at the end.
"""

from __future__ import annotations

import csv
import json
import os
import resource
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import IO, Any

import pyarrow as pa

from cleanroom.isolated import REFUSED
from cleanroom.isolated.columns import Refusal
from cleanroom.isolated.csv_rows import read_csv
from cleanroom.isolated.filters import Keep
from cleanroom.isolated.items import Items
from cleanroom.isolated.orders import Orders
from cleanroom.isolated.parquet_rows import Exact, read_parquet
from cleanroom.isolated.records import AGAIN, BLOCK_BYTES, Odd, locate
from cleanroom.isolated.unread import Unread


def lower(kind: int, value: int) -> None:
    """Lower one limit of this process for good; a stricter one that is set already stays."""
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def restrain(memory: int, seconds: int) -> None:
    """Limit this process: address space, processor time, no core dump, almost no file output."""
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_FSIZE, 1 << 20)
    lower(resource.RLIMIT_CPU, seconds)
    if sys.platform != "darwin":  # where the address space has no such limit
        lower(resource.RLIMIT_AS, memory)
    pa.set_cpu_count(1)
    csv.field_size_limit(2 * BLOCK_BYTES)


def read(  # noqa: PLR0917 (what is asked for, then what is told)
    path: str,
    columns: list[str],
    exact: Exact,
    skipped: list[int],
    odd: Odd,
    unread: Unread | None = None,
    keep: Keep | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield the columns of a file batch by batch; add the records that are left out to a list."""
    with open(path, "rb") as file:  # noqa: PTH123
        parquet = file.read(4) == b"PAR1"
    batches = (
        read_parquet(path, columns, exact, unread, keep, odd.spoilt)
        if parquet
        else read_csv(path, columns, skipped, odd, unread, keep)
    )
    rows = 0
    for batch in batches:
        yield batch
        rows += batch.num_rows
    if not rows:
        raise Refusal("The file has no rows below its header.", remedy=AGAIN)


def stream(request: dict[str, Any], output: IO[bytes]) -> dict[str, Any]:
    """Write the columns as one Arrow stream; return what was odd."""
    exact = Exact(request["identifier"], request["time"], request["written"], request["in_utc"])
    skipped: list[int] = []
    keep, odd, unread = (
        Keep(**request["keep"]),
        Odd(**request["totals"]),
        Unread(
            **request["unread"],
            orders=Orders(**request["orders"]),
            items=Items(**request["items"]),
        ),
    )
    writer = None
    for batch in read(request["path"], request["columns"], exact, skipped, odd, unread, keep):
        writer = writer or pa.ipc.new_stream(output, batch.schema)
        writer.write_batch(batch)
    if writer is not None:
        writer.close()
    unread.orders.finish()
    told = {"values": unread.values, "filled": unread.filled, "abroad": unread.abroad}
    told |= {"noted": unread.noted, "orders": unread.orders.found, "single": unread.orders.single}
    told |= {"out": keep.out, "left": keep.left, "met": keep.met}
    return {"skipped": skipped, "odd": asdict(odd), **told}


def answer(request: dict[str, Any], output: IO[bytes]) -> tuple[int, dict[str, Any]]:
    """Answer a request; return the exit code, and in one document how it ended."""
    try:
        if "records" in request:
            output.write(json.dumps(locate(request["path"], request["records"])).encode())
            return 0, {}
        return 0, stream(request, output)
    except Refusal as refusal:
        return REFUSED, refusal.document
    except (MemoryError, pa.ArrowMemoryError):
        return REFUSED, {"sentence": "Reading the file takes more memory than is allowed."}
    except (pa.ArrowException, OSError, csv.Error, UnicodeError):
        return REFUSED, {"sentence": "The file is damaged or not of its kind."}


def main() -> int:
    """Answer the one request, and say how it ended."""
    sys.unraisablehook = lambda _fault: None  # standard error carries one document alone
    request = json.load(sys.stdin)
    restrain(request["memory"], request["seconds"])
    code, ending = answer(request, sys.stdout.buffer)
    json.dump(ending, sys.stderr)
    return code


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # All is said.  On a busy machine a thread of Arrow that has not ended yet aborts an exit that
    # takes everything down.
    os._exit(code)
