"""Recognise by its first bytes a file that is not what its name says."""

from __future__ import annotations

from dataclasses import dataclass

START = 4096
"""How many bytes of a file are looked at."""

_SHEET = "Open it there and save the sheet as 'CSV UTF-8'."
_UNPACK = "Unpack it, and name the file that comes out."
_TABLE = "Write the table as CSV or Parquet."

_MAGIC = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook or Word document (.xls, .doc)", _SHEET),
    (b"\x1f\x8b", "packed with gzip", _UNPACK),
    (b"BZh", "packed with bzip2", _UNPACK),
    (b"\xfd7zXZ\x00", "packed with xz", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "packed with Zstandard", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"%PDF-", "a PDF document", "Export the data itself."),
    (b"{\\rtf", "a document in rich text", "Save it as plain text in UTF-8."),
    (b"SQLite format 3\x00", "an SQLite database", _TABLE),
    (b"PARE", "an encrypted Parquet file", "Write it without encryption."),
    (b"ARROW1", "an Arrow file (Feather)", _TABLE),
    (b"\xff\xff\xff\xff", "an Arrow stream", _TABLE),
    (b"ORC", "an ORC file", _TABLE),
    (b"Obj\x01", "an Avro file", _TABLE),
)
_ZIPPED = (
    ((b"[Content_Types].xml", b"xl/", b"docProps/"), "an Excel workbook (.xlsx)", _SHEET),
    ((b"application/vnd.oasis",), "an OpenDocument file (.ods)", _SHEET),
    ((b"Index/",), "a Numbers document", "Export it there as CSV in Unicode (UTF-8)."),
    ((b"",), "a ZIP archive", _UNPACK),
)
_UTF8 = "Save it as UTF-8: in Excel as 'CSV UTF-8', elsewhere with iconv -f {} -t UTF-8."


@dataclass(frozen=True)
class Kind:
    """Say what a file is, as the end of a sentence, and how to make of it what is read."""

    what: str
    remedy: str


def foreign(start: bytes) -> Kind | None:
    """Return what a file is that starts so, None if it may be text in UTF-8."""
    if start.startswith(b"PK\x03\x04"):
        return next(
            Kind(what, remedy) for marks, what, remedy in _ZIPPED if any(m in start for m in marks)
        )
    for magic, what, remedy in _MAGIC:
        # ORC is three letters that may as well start a header.
        if start.startswith(magic) and (magic != b"ORC" or not _is_text(start)):
            return Kind(what, remedy)
    wide = _wide(start)
    if wide is not None:
        return Kind(f"text in {wide}", _UTF8.format(wide))
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta", b"<body")):
        return Kind("a web page or XML", "Open it in a spreadsheet and save it as 'CSV UTF-8'.")
    if text.startswith((b'{"', b'[{"', b"[\n", b"[\r\n", b"{\n", b"{\r\n")):
        return Kind("JSON", _TABLE)
    return None


def _is_text(start: bytes) -> bool:
    return b"\n" in start and b"\x00" not in start


def _wide(start: bytes) -> str | None:
    """Return the encoding of two or four bytes a letter, by its mark or by where zeros stand."""
    if start.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "UTF-32"
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    even, odd = start[:64:2], start[1:64:2]
    for name, zeros, letters in (("UTF-16LE", odd, even), ("UTF-16BE", even, odd)):
        if len(odd) > 1 and zeros.count(0) > len(zeros) / 2 and not letters.count(0):
            return name
    return None
