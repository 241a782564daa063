"""Tell text in UTF-8 from other bytes, and say in which encoding these probably are."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

_ALONE = rb"(?<![\x80-\xff])[\x80\x91-\x97\xa0-\xff](?![\x80-\xff])"
_KANA, _HAN = re.compile("[\u3041-\u30ff]{2}"), re.compile("[\u4e00-\u9fff]{2}")
_TWO_EUC = r"[\xa1-\xf7][\xa1-\xfe]"
_KOREAN = "EUC-KR (CP949)"


def _of(*runs: str | bytes) -> re.Pattern[bytes]:
    """Match plain letters with such bytes between them."""
    told = (run.encode("latin-1") if isinstance(run, str) else run for run in runs)
    return re.compile(b"(?:%s)*" % b"|".join([rb"[\x00-\x7f]", *told]))


_LIKELY = (
    ("UTF-16", "utf-16", _of(r"[\x80-\xff]"), re.compile("\0")),
    ("ISO-2022-JP", "iso-2022-jp", _of(), re.compile(r"\x1b\$")),
    ("Windows-1251", "cp1251", _of(r"[\xa8\xc0-\xdf]?[\xb8\xe0-\xff]{2,}+"), re.compile("")),
    ("EUC-JP", "euc-jp", _of(_TWO_EUC, r"\x8e[\xa1-\xdf]"), _KANA),
    ("GB 18030 (GBK)", "gb18030", _of(_TWO_EUC), re.compile("")),
    ("Shift_JIS", "cp932", _of(r"[\xa1-\xdf]|[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]"), _KANA),
    ("Big5", "big5", _of(r"[\xa1-\xc6][\x40-\x7e\xa1-\xfe]"), _HAN),
    ("Windows-1252 (Latin-1)", "cp1252", _of(_ALONE), re.compile("")),
)
"""Encodings by their bytes, and by letters that stand side by side in them and in no other.

Those of Big5 are its frequent signs alone: Western letters seldom are.
"""

_HANGUL = re.compile(r"[\x00-\x7f\uac00-\ud7a3]*")
"""What signs of EUC-KR are; all of them are signs of GB 18030, too."""

_MARKS = (b"\0", b"\x1b$")
"""Bytes of letters of UTF-16, and of ISO-2022-JP, which are valid in UTF-8."""

_SAMPLE = 200
"""Cells that say in which encoding all are."""


def is_utf8(sample: bytes) -> bool:
    """Tell whether bytes are UTF-8."""
    try:
        sample.decode()
    except UnicodeDecodeError:
        return False
    return True


def likely(sample: bytes) -> tuple[str, str]:
    """Return which encoding bytes are probably in, and its name for iconv; empty if any may be."""
    for name, codec, bytes_, letters in _LIKELY:
        text = sample.decode("latin-1" if codec.startswith(("utf", "iso")) else codec, "ignore")
        if bytes_.fullmatch(sample) and letters.search(text):
            return name, codec
    return "", ""


def may_be_korean(sample: bytes) -> bool:
    """Tell whether what looks like GB 18030 may be EUC-KR."""
    return _HANGUL.fullmatch(sample.decode("euc-kr", "replace")) is not None


def save_as(sample: bytes) -> str:
    """Say how to save a file that is not UTF-8, from bytes of it that are not."""
    excel = "Save the file as UTF-8, in Excel as 'CSV UTF-8'"
    name, codec = likely(sample)
    if not name:
        return f"{excel} (it may be GB 18030, Shift_JIS, Big5 or Latin-1)."
    also = f", or {_KOREAN} if it is Korean" if codec == "gb18030" and may_be_korean(sample) else ""
    return f"{excel}; it looks like {name}{also}: iconv -f {codec.upper()} -t UTF-8."


class Checked:
    """Read the blocks of a file one after the other; ``spoilt`` tells that some are no UTF-8."""

    def __init__(self) -> None:
        self.spoilt = False
        self._decode = getincrementaldecoder("utf-8")().decode

    def add(self, block: bytes, *, final: bool = False) -> None:
        """Look at the next block, or at what is left of all behind the last one."""
        if self.spoilt:
            return
        try:
            self._decode(block, final)
        except UnicodeDecodeError:
            self.spoilt = True
        self.spoilt |= any(mark in block for mark in _MARKS)


@dataclass
class Spoilt:
    """Count the records with cells that are not UTF-8, and such cells by column.

    ``first`` is the first such record, 0 if there is none; ``encoding`` is what they probably are.
    """

    rows: int = 0
    first: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    encoding: str = ""

    def __post_init__(self) -> None:
        self._cells: list[bytes] = []

    def add(self, record: int, names: Sequence[str], cells: Sequence[str]) -> None:
        """Look at the cells of a record, in which bytes that are no UTF-8 are surrogates."""
        if _is_text("".join(cells).encode(errors="surrogateescape")):
            return
        self.rows += 1
        self.first = self.first or record
        for name, text in zip(names, cells, strict=False):
            cell = text.encode(errors="surrogateescape")
            if not _is_text(cell):
                self.columns[name] = self.columns.get(name, 0) + 1
                self._cells += [cell][: _SAMPLE - len(self._cells)]

    def judge(self) -> None:
        """Say in which encoding most of the cells are that can only be in one."""
        found = Counter(filter(None, (likely(cell)[0] for cell in self._cells)))
        name, count = found.most_common(1)[0] if found else ("", 0)
        sure = count > found.total() / 2 and count > len(self._cells) / 4
        self.encoding = name if sure else ""
        if self.encoding.startswith("GB") and all(map(may_be_korean, self._cells)):
            self.encoding += f" / {_KOREAN}"

    def absorb(self, more: Spoilt, before: int) -> None:
        """Add what was found in a part whose records stand behind ``before``."""
        if more.rows:
            same = not self.rows or self.encoding == more.encoding
            self.first = self.first or before + more.first
            self.rows += more.rows
            self.encoding = more.encoding if same else ""
            for name, rows in more.columns.items():
                self.columns[name] = self.columns.get(name, 0) + rows


def _is_text(cell: bytes) -> bool:
    return is_utf8(cell) and not any(mark in cell for mark in _MARKS)
