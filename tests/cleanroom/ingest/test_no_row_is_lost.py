"""Every way to quote, escape and end lines: equal rows, or a refusal that names the line."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cleanroom.errors import InvalidInput
from cleanroom.isolated import csv_rows, records
from tests.cleanroom.ingest.apart import read as read_apart

# A row of another width that is not UTF-8 fails within the parser's own call.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

COLUMNS = ("member", "product", "spend")
HEADER = "member,product,spend\n"


def read(path: Path) -> list[tuple[str, ...]]:
    rows, skipped = read_apart(path, *COLUMNS)
    assert not skipped
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
        assert ("backslash" in str(refused.value)) == any("\\" in row for row in rows)


def swallowed(path: Path, *rows: str, header: str = HEADER) -> tuple[int, list[int]]:
    path.write_text(header + "\n".join(rows) + "\n")
    odd = records.Odd()
    list(csv_rows.read_csv(str(path), header.strip().split(","), [], odd))
    return odd.rows, odd.lines


@pytest.mark.parametrize(
    "rows",
    [
        ['u1,"Ann,5', 'u2,Bob",6'],
        ['u1,Ann,"5', "u2,Bob,6", 'u3,Cy,7"'],
        ['"u1,Ann,5', "u2,Bob,6", "", 'u3",Cy,7'],
        ['u1,"27"" screen,5', 'u2,19"" screen",6'],
    ],
)
def test_rows_within_a_cell_are_pointed_at(tmp_path: Path, rows: list[str]) -> None:
    found = swallowed(tmp_path / "brand.csv", "u0,plain,0", *rows, "u9,plain,9")
    assert found == (1, [3])


def test_a_cell_over_several_lines_may_be_meant(tmp_path: Path) -> None:
    path = tmp_path / "brand.csv"
    assert swallowed(path, 'u1,"two\nlines",5', '"a\nb",x,5', 'u3,y,"5\n"') == (0, [])
    assert swallowed(path, 'u1,"12 High St, Bath\nSomerset",5') == (0, [])
    assert swallowed(path, '"one\ntwo",5', header="member,spend\n") == (0, [])
    assert swallowed(path, '"one\ntwo, three"', "u2", header="member\n") == (0, [])


def test_the_first_lines_of_such_cells_are_named(tmp_path: Path) -> None:
    rows = ['u1,"Ann,5\nu2,Bob",6'] * 12
    count, lines = swallowed(tmp_path / "brand.csv", *rows)
    assert (count, lines) == (12, list(range(2, 22, 2)))


def test_a_quote_is_to_blame_before_a_thousand_rows_are(tmp_path: Path) -> None:
    path = tmp_path / "brand.csv"
    path.write_text(HEADER + 'u1,"a"b,1\n' + "u2,x\n" * 1500)
    with pytest.raises(InvalidInput, match="twice") as refused:
        read(path)
    assert refused.value.row == 2


def test_a_backslash_is_a_letter_like_others(tmp_path: Path) -> None:
    path = tmp_path / "brand.csv"
    path.write_text(HEADER + 'u1,"C:\\\\dir\\",1\nu2,\\,2\nu3,"a\\, b",3\nu4,"two\nli\\nes",4\n')
    found = [row[1] for row in read(path)]
    assert found == ["C:\\\\dir\\", "\\", "a\\, b", "two\nli\\nes"]


CELLS = st.text(alphabet='ab ",;\\\n\r\tü\u3000', max_size=6)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=6)
MARKS = st.sampled_from([",", ";", "\t", "|"])
ENDS = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\r\r\n"])
STYLES = st.sampled_from(
    [
        {"doublequote": True, "quoting": csv.QUOTE_MINIMAL},
        {"doublequote": True, "quoting": csv.QUOTE_ALL},
        {"doublequote": False, "escapechar": "\\", "quoting": csv.QUOTE_MINIMAL},
        {"doublequote": False, "escapechar": "\\", "quoting": csv.QUOTE_ALL},
        {"escapechar": "\\", "quoting": csv.QUOTE_NONE},
    ]
)
WITHOUT_A_LINE = ("no rows below its header", "only blank lines", "is empty", "UTF-")
EXAMPLES = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def hold(path: Path, content: bytes, mark: str, block: int) -> None:
    """Hold what is read of a file against a strict reader: equal rows, or a line is named."""
    path.write_bytes(content)
    try:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(csv_rows, "BLOCK_BYTES", block)
            patched.setattr(csv_rows, "MAXIMUM_SKIPPED", 3)
            found, skipped = read_apart(path, *COLUMNS)
    except InvalidInput as refused:
        assert refused.row is not None or any(word in str(refused) for word in WITHOUT_A_LINE)
        return
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    if mark != ",":
        text.readline()
    strict = csv.reader(text, strict=True, delimiter=mark)
    records = [tuple(record) for record in strict if record][1:]
    assert found == [record for record in records if len(record) == len(COLUMNS)]
    assert len(skipped) == len(records) - len(found)


@EXAMPLES
@given(
    rows=ROWS,
    end=ENDS,
    mark=MARKS,
    style=STYLES,
    bom=st.booleans(),
    block=st.integers(48, 110) | st.just(4 << 20),
    encoding=st.sampled_from(["utf-8"] * 4 + ["gb18030", "utf-16", "utf-16-le"]),
)
def test_rows_are_those_of_a_strict_reader_or_a_line_is_named(
    tmp_path: Path,
    rows: list[list[str]],
    end: str,
    mark: str,
    style: dict[str, Any],
    bom: bool,
    block: int,
    encoding: str,
) -> None:
    text = io.StringIO()
    if mark != ",":
        text.write(f"sep={mark}\n")
    writer = csv.writer(text, lineterminator=end, delimiter=mark, **style)
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    content = ("\ufeff" * bom + text.getvalue()).encode(encoding)
    hold(tmp_path / "any.csv", content, mark, block)


@EXAMPLES
@given(
    body=st.text(alphabet='ab ,,,,"\\\n\n\n\rü', max_size=60),
    block=st.integers(48, 110) | st.just(4 << 20),
)
def test_any_text_is_read_as_a_strict_reader_reads_it_or_a_line_is_named(
    tmp_path: Path, body: str, block: int
) -> None:
    hold(tmp_path / "any.csv", (HEADER + body).encode(), ",", block)


@EXAMPLES
@given(
    lines=st.lists(st.text(alphabet="ab ,\0ü-=", max_size=8), max_size=12),
    ends=st.lists(st.sampled_from(["\n", "\r\n", "\r", "\n\n"]), min_size=12, max_size=12),
    block=st.integers(1, 40),
)
def test_lines_are_counted_as_a_strict_reader_counts_them(
    tmp_path: Path, lines: list[str], ends: list[str], block: int
) -> None:
    path = tmp_path / "any.csv"
    content = "".join(line + end for line, end in zip(lines, ends, strict=False))
    path.write_bytes(content.encode())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(records, "SURVEYED", block)
        found, _, above = records.survey(str(path), ",")
    counted = [0]
    blanks = []
    for record in csv.reader(io.StringIO(content, newline="")):
        blanks += [counted[-1]] if counted[-1] > 1 and not "".join(record).strip(" -=") else []
        counted.append(counted[-1] + bool(record))
    assert (found, above) == (counted[-1], blanks[0] if blanks else 0)
