"""Recognise the last rows of a report: totals, counts of rows, closing lines of programs.

As people they would be members whom nobody knows, with everybody's amounts.
"""

from __future__ import annotations

import re

SINGLE = frozenset(
    {
        *("total", "totals", "subtotal", "subtotals", "grandtotal", "sum", "count", "average"),
        *("grand total", "sub total", "all"),
        *("sub-total", "grand-total", "sub_total", "grand_total", "avg", "eof", "totale"),
        *("ergebnis", "anzahl", "toplam", "genel toplam", "suma", "suma końcowa", "totalsumma"),
        *("totale complessivo", "eindtotaal", "celkový součet", "общий итог", "집계", "총합계"),
        *("totaal", "razem", "celkem", "összesen", "yhteensä", "i alt", "ukupno", "المجموع"),
        *("tổng cộng", "รวม", "grand summaries", "result"),
        *("集計", "record count", "row count", "note", "notes", "remarks", "备注"),
        *("gesamt", "gesamtergebnis", "gesamtsumme", "summe", "zwischensumme", "insgesamt"),
        *(
            "somme",
            "sous-total",
            "итого",
            "всего",
            "総計",
            "合計",
            "小計",
            "計",
            "합계",
            "총계",
            "소계",
        ),
        *(
            "总计",
            "合计",
            "小计",
            "总和",
            "共计",
            "汇总",
            "总数",
            "累计",
            "平均",
            "平均值",
            "總計",
            "總和",
        ),
    }
)
"""Words that are a total by themselves, as ``nothing.bare`` gives them."""

_TOTAL = (
    r"(?:(?:grand|sub|overall|running|report)[ _-]?)?totals?|sous-total|gesamt(?:ergebnis|summe)?|"
    r"totale complessivo|eindtotaal|(?:genel )?toplam|suma końcowa|totalsumma|celkový součet|"
    r"общий итог|총합계|集計|"
    r"(?:zwischen)?summe|ergebnis|итого|总计|合计|小计|共计|汇总|總計|合計|小計|総計|합계|총계|소계"
)
_ROWS = (
    r"[0-9][0-9,]*(?: (?:rows?|row\(s\)?|records?|lines?|zeilen?|lignes?|filas?)| ?[行条筆件])"
    r"(?: ?(?:affected|selected|returned|exported|found|in set|fetched|记录|受影响|受到影响)|$)"
)
_CLOSING = (
    "(?:(?:record|row) )?count ?[:=] ?[0-9]|anzahl ?[:=] ?[0-9]|"
    "applied filters|no filters applied|exported data exceeded|copyright|query ok|sql>|"
    "(?:generated|exported|downloaded|created|printed|run) (?:by|on|at|from)[ :]|"
    "report (?:generated|run|created|date|name)|confidential information|completion time|"
    "end of (?:file|report)|(?:elapsed|time) ?: ?[0-9]|page [0-9]+ (?:of|/) [0-9]|"
    "(?:source|filters?|notes?|remarks?) ?: |disconnected from |pl/sql procedure|"
    "[已待](?:收入|支出) ?: ?[0-9]|已选择 ?[0-9]+ ?行|[0-9]+ ?行于数据集|第 ?[0-9]+ ?页|"
    "(?:来源|筛选条件|备注|说明|注) ?:|导出时间|导出人|制表|数据来源|统计时间|数据截至|截至"
)
_PATTERN = re.compile(
    rf"(?:{_TOTAL})(?:$|[\s:;=(].*)|.*\s(?:{_TOTAL})|.+(?:总计|合计|小计|汇总)|"
    rf"{_ROWS}.*|共 ?[0-9].*|(?:{_CLOSING}).*",
    re.DOTALL,
)

FIRST_CELL = (
    rf"(?:{_TOTAL}|grandtotal|gesamtergebnis|total g[eé]n[eé]ral|totale|总和|总数|計|"
    r"totaal|celkem|összesen|yhteensä|ukupno|المجموع|tổng cộng)"
    rf"|(?:{_TOTAL}) ?: ?.*|.*\s(?:{_TOTAL})|.+(?:总计|合计|小计|汇总)"
)
"""What the first cell of a row of totals is; without the words that a name may well be."""

_MAY_BE_VALUES = {
    "all",
    "sum",
    "count",
    "average",
    "avg",
    "eof",
    "計",
    "anzahl",
    "suma",
    "ergebnis",
    "result",
    "note",
    "notes",
    "remarks",
    "备注",
}
_OF_LEDGERS = (
    *(
        "本月合计",
        "本年累计",
        "本期合计",
        "本日合计",
        "本季合计",
        "期初余额",
        "期末余额",
        "上年结转",
    ),
    *("承前页", "过次页", "本页合计", "本页小计", "本期小计"),
)
CELLS = sorted(
    {
        case
        for word in (*(SINGLE - _MAY_BE_VALUES), *_OF_LEDGERS)
        for case in (word, word.title(), word.capitalize(), word.upper(), f"{word}:", f"{word}：")
    }
)
"""Whole cells that say in any column that a row adds up others; they are pointed at alone."""

TOTAL = "is a total, or a closing line of an export such as (3 rows affected)"
"""Why such a cell stands for nobody."""


def is_total(bare: str) -> bool:
    """Tell whether a cell, as ``nothing.bare`` gives it, is a total or a closing line."""
    return bare in SINGLE or _PATTERN.fullmatch(bare) is not None
