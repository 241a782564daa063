"""Every way to quote, escape and end lines: equal rows, or a refusal that names the line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cleanroom.errors import InvalidInput
from cleanroom.ingest.source import Source

COLUMNS = ("member", "product", "spend")
HEADER = "member,product,spend\n"


def read(path: Path) -> list[tuple[str, ...]]:
    source = Source(path, COLUMNS)
    rows = [tuple(row.values()) for batch in source.batches() for row in batch.to_pylist()]
    assert not source.skipped
    return rows


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (['u1,"Monitor 27\\" black",1'], 2),
        (["u1,plain,1", 'u2,"Set \\"A\\", large",2'], 3),
        (["u1,plain,1", 'u5,"ends in quote\\"",5', 'u6,"plain",6', 'u7,"plain",7'], 3),
        (['u1,"a\\"",1', "u2,plain,2", 'u3,"b\\"",3', "u4,plain,4"], 2),
        (['u1,"a\\"",1', 'u2,"",2', 'u3,"x\\"",3'], 2),
        (['u1,"a" b,1'], 2),
        (['u1,"a"b"c",1'], 2),
        (['u1,"two', 'lines" more,1', "u2,plain,2"], 2),
        (['u1,"never closes,1', "u2,plain,2"], 2),
    ],
)
def test_a_cell_that_ends_nobody_knows_where_is_refused_at_its_line(
    tmp_path: Path, rows: list[str], line: int
) -> None:
    path = tmp_path / "brand.csv"
    for end in ("\n", "\r\n"):
        path.write_text(end.join([HEADER.strip(), *rows, ""]), newline="")
        with pytest.raises(InvalidInput) as refused:
            read(path)
        assert refused.value.row == line
        assert "twice" in str(refused.value)


def test_a_backslash_is_a_letter_like_others(tmp_path: Path) -> None:
    path = tmp_path / "brand.csv"
    path.write_text(HEADER + 'u1,"C:\\\\dir\\",1\nu2,\\,2\nu3,"a\\, b",3\nu4,"two\nli\\nes",4\n')
    found = [row[1] for row in read(path)]
    assert found == ["C:\\\\dir\\", "\\", "a\\, b", "two\nli\\nes"]


CELLS = st.text(alphabet='ab ",\\\n\r\tü', max_size=6)
LINES = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=LINES,
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    escape=st.booleans(),
    bom=st.booleans(),
)
def test_rows_are_those_of_a_strict_reader_or_the_file_is_refused(
    tmp_path: Path,
    rows: list[tuple[str, str, str]],
    end: str,
    quoting: int,
    escape: bool,
    bom: bool,
) -> None:
    text = io.StringIO()
    style = {"doublequote": False, "escapechar": "\\"} if escape else {"doublequote": True}
    writer = csv.writer(text, lineterminator=end, quoting=quoting, **style)  # type: ignore[arg-type]
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    path = tmp_path / "any.csv"
    path.write_bytes(text.getvalue().encode("utf-8-sig" if bom else "utf-8"))
    try:
        found = read(path)
    except InvalidInput as refused:
        assert refused.row is not None or "rows" in str(refused) or escape
        return
    except AssertionError:
        return  # rows with another number of fields, which are counted and shown
    strict = csv.reader(io.StringIO(text.getvalue(), newline=""), strict=True)
    wanted = [tuple(record) for record in strict if record][1:]
    assert found == wanted
