"""Tell identifiers from what programs write where there is none: words, errors, zeros, digests.

As identifiers each of them would be one person whom both sides know.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cleanroom.ingest.identifiers.totals import SINGLE, TOTAL, is_total
from cleanroom.ingest.identifiers.words import words_in
from cleanroom.ingest.identifiers.words_of_nothing import ANYBODY, NOT_GIVEN

_NOT_AVAILABLE = {
    *("#n/b", "#i/t", "#н/д", "#нд", "н/д", "#yok", "#hiányzik", "#není_k_dispozici"),
    *("#nedostupný", "#δ/υ", "#puudub", "#няма"),
}
"""``#N/A`` as Excel writes it in Dutch, Danish, Russian, Turkish and other languages."""

_BLANK_CELLS = frozenset(
    {
        *("blank", "blanks", "empty", "leer", "leere", "vide", "vides", "en blanco", "vacías"),
        *("vacío", "vuoto", "vuote", "em branco", "vazio", "vazias", "leeg", "lege", "tom"),
        *("tomme", "tomma", "puste", "пусто", "пустые", "tyhjä", "tyhjät", "boş", "boşlar"),
        *("prázdné", "üres", "üresek", "空白", "空", "비어 있음", "필드 값 없음", "trống", "ว่าง"),
    }
)
"""What pivot tables and filters write for an empty cell, in brackets: without, some are names."""

_PASSING = words_in("""
walk in customer|walkin customer|cash sales|counter sale|counter sales|barverkauf|barkunde
consumidor no identificado|venta publico|venta público|venta al publico|venta al público
publico en general|venta mostrador|cliente mostrador|cliente contado|cliente de contado
cliente generico|cliente genérico|cliente ocasional|consumidor não identificado|cliente balcão
venda balcão|client comptoir|vente comptoir|xaxx010101000|xexx010101000|零散客户|临时客户|非会员
""")
"""What tills and invoices call a buyer whom they do not know, too.

Mexico's tax office has two numbers for such: of the public, and of foreigners (SAT, CFDI 4.0).
"""

SHARED_DEVICES = frozenset(
    {
        *("02:00:00:00:00:00", "02-00-00-00-00-00", "00:00:00:00:00:00", "00-00-00-00-00-00"),
        *("ff:ff:ff:ff:ff:ff", "ff-ff-ff-ff-ff-ff", "ffffffffffff", "9774d56d682e549c"),
        *("012345678912345", "004999010640000"),
    }
)
"""What many devices give for their own: MAC addresses of Android since 6, numbers of emulators.

Android 2.2 gave every device of some makers one of them (Android issue 10603).
"""

WORDS = frozenset(
    {
        *("null", "nil", "nul", "none", "undefined", "void", "missing", "empty", "blank", "\\n"),
        *("nan", "nat", "na", "n/a", "n.a", "n/d", "n/v", "nv", "n.v", "inf", "-inf", "-nan"),
        *("#n/a", "#na", "#n/d", "#nv", "#n/v", "#n/a n/a", "#getting_data", "#unknown"),
        *("1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"),
        *("not set", "notset", "not_set", "not-set", "not available", "not applicable"),
        *("not provided", "not specified", "unspecified", "unknown", "unassigned", "unidentified"),
        *("no value", "no data", "none given", "null null", "object object", "true", "false"),
        *("anonymous", "anonymized", "anonymised", "redacted", "deleted", "hidden", "masked"),
        *(
            "guest",
            "tbd",
            "tba",
            "tbc",
            "n. a",
            "n. v",
            "n\\a",
            "\\\\n",
            "nullptr",
            "pd.na",
            "nonetype",
        ),
        *("hive_default_partition", "undefined undefined", "none none", "unknown unknown"),
        *("unknown user", "anonymous user", "no email", "no phone", "kein wert", "not found"),
        *(
            "未绑定",
            "未绑定手机号",
            "暂未填写",
            "未授权",
            "未实名",
            "无手机号",
            "空字符串",
            "未获取",
        ),
        *("low traffic", "low-traffic", "uniques exceeded"),
        *("reserved_total", "data not available", "data deleted", "error"),
        *("无", "空", "空值", "空白", "未知", "暂无", "暂无数据", "无数据", "没有", "不详", "缺失"),
        *("未填", "未填写", "未设置", "未提供", "未登录", "不适用", "保密", "匿名", "匿名用户"),
        *("游客", "無", "未填寫", "不詳", "なし", "不明", "該当なし", "없음"),
        *("leer", "unbekannt", "keine", "keine angabe", "k.a", "vide", "inconnu", "aucun"),
        *("vacío", "nulo", "ninguno", "desconocido", "desconhecido", "vuoto", "sconosciuto"),
        *("нет", "неизвестно", "не указано"),
        *("未設定", "未入力", "暂缺", "待补充", "n.d", "n. d", "k. a"),
        *("não disponível", "no disponible"),
        *(
            "散客",
            "匿名客户",
            "现金客户",
            "零售客户",
            "门店散客",
            "过路客",
            "散客户",
            "ゲスト",
            "非会員",
        ),
        *("일반손님", "일반 손님", "비회원", "walk-in", "walk in", "walkin", "walk-in customer"),
        *("cash customer", "cash sale", "guest user", "guest customer", "laufkunde"),
        *("laufkundschaft", "client de passage", "público en general", "consumidor final"),
    }
    | _NOT_AVAILABLE
    | _PASSING
    | NOT_GIVEN
)
"""Words for no value, as ``bare`` gives them; the list is in the reference.

Those of pandas are the default ``na_values`` of its ``read_csv``.
"""

LABELS = frozenset(
    {
        *(
            "null",
            "\\n",
            "\\\\n",
            "hive_default_partition",
            "undefined",
            "nan",
            "n/a",
            "n.a",
            "n/d",
            "n/v",
            "n.v",
            "unknown",
        ),
        *("#n/a", "#na", "#n/d", "#nv", "#n/v", "#n/a n/a", "#getting_data", "#unknown"),
        *("not set", "notset", "not_set", "not-set", "not available", "not provided"),
        *(
            "\u2205",
            "not specified",
            "unspecified",
            "no value",
            "null null",
            "object object",
            "none given",
        ),
        *("未知", "空值", "暂无", "暂无数据", "无数据", "不详", "缺失", "未填", "未填写", "未设置"),
        *(
            "未提供",
            "未填寫",
            "不詳",
            "不明",
            "該当なし",
            "unbekannt",
            "keine angabe",
            "k.a",
            "inconnu",
        ),
        *("desconocido", "desconhecido", "sconosciuto", "неизвестно", "не указано"),
        *("未設定", "未入力", "não disponível", "no disponible"),
    }
    | _NOT_AVAILABLE
)
"""Those of the words that are no value of a label either.

The others may be one: a guest, a yes or no, Namibia (``NA``), Nevada (``NV`` without ``#``).
"""

_DASHES = re.compile(r"[-\u2010-\u2015\u2212_./\\]{1,3}")

AROUND = " \t\r\n\"'`´‘’“”„«»()[]{}<>（）【】「」_.,;:"
_ERROR = re.compile(r"#.*[!?]|err:[0-9]{3}|#+|loading(?:\.{3}|\u2026)", re.IGNORECASE)
"""Errors of spreadsheets, and what Google Sheets shows until a formula has its value."""
_MISSING = re.compile(r"\.[A-Za-z_]")
_CHOICE = re.compile(
    r"-+ ?(?:none|null|select|choose|pick|any|nichts|keine?|aucune?|ninguno|无|無|"
    r"请选择|請選擇)\b[^-]*-+|"
    r"-* ?please (?:select|choose)[^-]*-*|"
    r"(?:select|choose)(?: an?)?(?: option| one| value)?(?:\.{2,}|…)|"
    r"bitte (?:aus)?wählen\W*|(?:请选择|請選擇|選択してください|선택하세요)\W*|"
    r"(?:seleccione|sélectionne[rz]|selezionare|selecione)(?: una? [^\W\d]+)?\W*",
    re.IGNORECASE,
)
"""What lists to choose from show where nothing was chosen: ``--None--``, ``Please select``."""
_BRACKETED = re.compile(r"\((.+)\)", re.DOTALL)
_REST = re.compile(r"\((?:other|direct)\)")
"""Rows of Google Analytics for all whom it does not list; without brackets they are names."""
_ZERO = re.compile(r"[+-]?0+(?:[.,]0*)?")
_MINUS_ONE = re.compile(r"-1(?:[.,]0*)?")

_MACRO = re.compile(
    r"__[A-Z][A-Z0-9_]*__|\{\{[^{}]+\}\}|%%[^%]+%%|[$#@]\{[^{}]+\}|\$\$[^$]+\$\$|"
    r"\{[A-Za-z_.]+\}|\[[A-Z_]+\]|<[A-Za-z]+_[A-Za-z_]+>|"
    r"\[\[ ?[A-Za-z_][^\[\]]*\]\]|\{[!%][^{}]+\}|([%$~])[A-Za-z_][A-Za-z_.]*\1|"
    r"\*\|[^|]+\|\*|<%[^%]+%>|\$\[[^\[\]]+\]\$|\[[A-Za-z]+_[A-Za-z_]+\]"
)
"""Macros of advertising links, of Ocean Engine and Tencent, Google, Meta, DV360, Adjust, VAST.

And merge fields of mails: of Salesforce, Liquid, Mandrill and others.
"""

MACRO = "is a placeholder that a program should have filled in, such as __OAID__ or {{id}}"
WORD = "is a word for no value, such as NULL or N/A"
ERROR = "is an error of a spreadsheet, such as #REF!"
ZERO = "is all zeros, which stands for no value"
MINUS_ONE = "is -1, which stands for no value"

_SHAPES = ((_ERROR, ERROR), (_ZERO, ZERO), (_MINUS_ONE, MINUS_ONE))

_UUIDS = tuple("-".join(sign * n for n in (8, 4, 4, 4, 12)) for sign in "0fF")


_MARKED = re.compile(r"([@$%#~^*|!+=])(.+)\1", re.DOTALL)
"""A word between two equal signs, such as ``@NULL@`` of Redshift and ``$null$`` of SPSS."""


def bare(text: str) -> str:
    """Return a word in plain lower-case letters, without brackets, quotes or dots around it."""
    folded = unicodedata.normalize("NFKC", text).casefold().strip(AROUND)
    marked = _MARKED.fullmatch(folded)
    return " ".join((marked[2] if marked else folded).split())


def is_blank_cell(text: str) -> bool:
    """Tell whether a cell is what a pivot table writes for an empty one, such as ``(blank)``."""
    found = _BRACKETED.fullmatch(unicodedata.normalize("NFKC", text).casefold().strip())
    return found is not None and found[1].strip() in _BLANK_CELLS


def no_label(text: str) -> bool:
    """Tell whether a label's cell, not empty, stands for no value: a word for it, or a dash."""
    return bare(text) in LABELS or is_blank_cell(text) or _DASHES.fullmatch(text) is not None


def maybe_no_label(text: str) -> bool:
    """Tell whether a label's cell is an error of a spreadsheet, a macro, or a blank of Stata.

    Or what a list to choose from shows for no choice.
    """
    if _MACRO.fullmatch(text) or _CHOICE.fullmatch(text):
        return True
    return _ERROR.fullmatch(text) is not None or _MISSING.fullmatch(text) is not None


def _cases(word: str) -> set[str]:
    cases = {word, word.lower(), word.upper(), word.title(), word.capitalize()}
    return cases | {word.replace("nan", "NaN")} | ({"NaT"} if word == "nat" else set())


def _spellings(word: str) -> Iterator[str]:
    for case in _cases(word):
        yield from (case, f"({case})", f"<{case}>", f"[{case}]", f"{case}.", f"#{case}")


def _written() -> Iterator[str]:
    yield from ("", " ", "\n", "\r\n", '""', "''", "-", "--", "—", "?", ".", "*", "/", "{}", "[]")
    yield from ("0" * size for size in range(1, 21))
    yield from ("0.0", "-1", "-1.0", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!")
    yield from ("__OAID__", "__IDFA__", "__IMEI__", "__UID__", "{{idfa}}", "{idfa}", "[IDFA]")
    yield from _UUIDS
    yield from (sign * size for size in (16, 32, 40, 64) for sign in "0fF")
    yield from (zeros.replace("-", "") for zeros in _UUIDS)
    for device in SHARED_DEVICES | {"020000000000"}:
        yield from (device, device.upper())
    for word in WORDS | SINGLE:
        yield from _spellings(word)
    for word in _BLANK_CELLS:
        yield from (f"({case})" for case in _cases(word))


_LARGE = (
    *(1, 7, 33, 34, 39, 44, 49, 52, 55, 60, 61, 62, 63, 65, 66, 81, 82, 84, 86, 91),
    *(852, 853, 886, 971),
)
"""Country codes of large markets."""
_NONE = ("nan", "NaN", "None", "none", "NULL", "null", "undefined", "<NA>")


def _beside_nothing() -> Iterator[str]:
    """Yield what is left where a program puts a country code, or an @, beside no value."""
    yield from ("+", "@", *(f"{word}@{word}" for word in _NONE))
    yield from ("+" + code for code in _codes())
    yield from (f"{sign}{code}{word}" for sign in ("", "+") for code in _LARGE for word in _NONE)


def _codes() -> Iterator[str]:
    """Yield all that has the digits of a country code, and that before an empty number's 0.

    And digits too few for a telephone number that are all one, or are counted.
    """
    for code in range(1, 1000):
        yield from (str(code), f"{code}0")
    for size in range(4, 7):
        yield from (str(digit) * size for digit in range(1, 10))
        yield "123456"[:size]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _digests(texts: Iterator[str]) -> Iterator[str]:
    """Yield the digest of each text, and the digest of that: some exports hash twice."""
    for text in texts:
        once = _digest(text)
        yield from (once, _digest(once), _digest(once.upper()))


_SM3 = "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"
"""Of nothing, by the digest of GB/T 32905, which is as long as a SHA-256."""

DIGESTS = frozenset({"0" * 64, *_digests(_written()), *map(_digest, _beside_nothing())})
DIGESTS |= {_SM3, hashlib.sha3_256().hexdigest(), hashlib.blake2s().hexdigest()}
"""SHA-256 of nothing, of the words for it, and of device identifiers that are all zeros."""

CODE_DIGESTS = frozenset(map(_digest, _codes()))
"""SHA-256 of country codes or a few digits: no telephone number, but some may be a member's."""


@dataclass(frozen=True)
class Words:
    """Hold what one dataset declares beside the list.

    ``nulls`` are more values that stand for nobody; ``not_nulls`` are words of the list that are
    people in this column.
    """

    nulls: tuple[str, ...] = ()
    not_nulls: tuple[str, ...] = ()

    @cached_property
    def _kept(self) -> frozenset[str]:
        return frozenset(word.casefold() for word in self.not_nulls)

    @cached_property
    def _kept_digests(self) -> frozenset[str]:
        return frozenset(_digests(case for word in self.not_nulls for case in _cases(word)))

    def reason(self, value: str) -> str | None:
        """Return why a value stands for nobody, or None."""
        if value.casefold() in self._kept:
            return None
        for shape, why in _SHAPES:
            if shape.fullmatch(value):
                return why
        word = bare(value)
        rest = ANYBODY.fullmatch(word) or _REST.fullmatch(value.casefold())
        nobody = word in WORDS or rest is not None or is_blank_cell(value)
        if nobody or not any(map(str.isalnum, value)):
            return WORD
        if _MACRO.fullmatch(value):
            return MACRO
        return TOTAL if is_total(word) else None

    def digest_of_nothing(self, digest: str) -> bool:
        """Tell whether a digest in lower-case hexadecimal digits stands for nobody."""
        return digest in DIGESTS and digest not in self._kept_digests


NO_OTHER_WORDS = Words()
"""The list as it is."""


def listed(word: str) -> bool:
    """Tell whether the list, or a rule beside it, has a word."""
    return NO_OTHER_WORDS.reason(word.strip()) is not None
