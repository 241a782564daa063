"""Recognise the last rows of a report: totals, counts of rows, closing lines of programs.

As people they would be members whom nobody knows, with everybody's amounts.  Words are those of
the spreadsheets' own subtotals and pivot tables in some forty languages, and of reports.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cleanroom.ingest.identifiers.words import words_in

_TOTALS = words_in("""
total|totals|subtotal|subtotals|sub total|sub totals|sub-total|sub-totals|sub_total|sub_totals
grandtotal|grand total|grand totals|grand-total|grand_total|overall total|running total|report total
sous-total|total général|total general|total geral|total keseluruhan|total akhir
totale|totale complessivo|totale generale|subtotale|totaal|eindtotaal|subtotaal
gesamt|gesamtergebnis|gesamtsumme|summe|zwischensumme|teilergebnis|insgesamt|ergebnis
totalsumma|delsumma|totalt|hovedtotal|totalsum|delsum|sluttotal|i alt
yhteensä|kaikki yhteensä|välisumma|loppusumma|kokku|üldkokkuvõte|kogusumma|kopā|gala summa|kopsumma
iš viso|bendroji suma|razem|suma końcowa|suma całkowita|suma częściowa|ogółem|łącznie
celkem|mezisoučet|celkový součet|spolu|celkový súčet|medzisúčet
összesen|végösszeg|részösszeg|mindösszesen|skupaj|skupna vsota|delna vsota
ukupno|sveukupno|ukupni zbroj|međuzbroj|укупно|общо|общ сбор|всичко
итог|итого|всего|общий итог|промежуточный итог|разом|всього|загальний підсумок|підсумок
toplam|genel toplam|ara toplam|jumlah|jumlah besar|jumlah keseluruhan
σύνολο|γενικό σύνολο|μερικό σύνολο|γενικό άθροισμα|συνολο|γενικο συνολο
סה"כ|סה״כ|סך הכל|סך הכול|סכום כולל|סכום ביניים|סיכום ביניים
المجموع|المجموع الكلي|المجموع الفرعي|مجموع|مجموع کل|الإجمالي|الاجمالي|الإجمالي الكلي|إجمالي|جمع کل
รวม|รวมทั้งหมด|รวมทั้งสิ้น|ผลรวม|ผลรวมทั้งหมด|ผลรวมย่อย|ยอดรวม
tổng|tổng cộng|tổng số|tổng phụ|कुल|कुल योग|उप-योग
总计|合计|小计|总和|共计|汇总|总数|累计|总计数|总平均值|分类汇总|總計|合計|小計|總和|加總|總數|彙總
総計|総合計|集計|全体の平均|合계|합계|총계|소계|총합계|총합|집계|요약
""")
"""What is said of a sum of rows, and is hardly ever a value or a name."""

_SUMS = words_in(
    "sum|suma|summa|somme|somma|soma|vsota|zbroj|сумма|сума|összeg|součet|súčet|άθροισμα"
)

_FUNCTIONS = words_in("""
count|average|stddev|stddevp|anzahl|mittelwert|moyenne|recuento|promedio|contagem|média|conteggio
aantal|gemiddelde|medelvärde|antall|gennemsnit|gjennomsnitt|lukumäärä|keskiarvo|liczba|licznik|średnia
počet|průměr|priemer|darabszám|darab|átlag|število|povprečje|prosjek|количество|среднее|кількість|середнє
брой|средно|ortalama|adet|πλήθος|μέσος όρος|ספירה|ממוצע|عدد|العدد|متوسط|المتوسط|จำนวน|ค่าเฉลี่ย
đếm|số lượng|trung bình|rata-rata|计数|平均值|平均|個數|計數|データの個数|個数|개수|평균
""")
"""What spreadsheets put behind a group's name where they count its rows, or take their mean."""

_OVERALL = words_in("""
gesamtanzahl|gesamtmittelwert|gesamtmaximum|gesamtminimum|gesamtprodukt
nombre général|moyenne générale|nb total|cuenta general|recuento general|promedio general
contagem geral|média geral|conteggio complessivo|media complessiva
totaal aantal|totalt antal|liczba całkowita|średnia całkowita|licznik całkowity
celkový počet|celkový průměr|celkový priemer|общее количество|общее среднее|genel ortalama
γενικό πλήθος|γενικός μέσος όρος|μεσος ορος|العدد الكلي|المتوسط الكلي
전체 개수|전체 평균|全体のデータの個数|grand summary|grand summaries|record count|row count
overall result|skupni seštevek|delni seštevek
""") | {
    f"grand {name}"
    for name in ("count", "average", "max", "min", "product", "stddev", "stddevp", "var", "varp")
}

_MAY_BE_VALUES = words_in("""
all|avg|計|ergebnis|jumlah|gesamt|totalt|spolu|skupaj|kopā|कुल|요약
全部|全体|所有|整体|すべて|전체|всё|все|tous|toutes|todos|todas|tutti|tutte|alle|wszystko|tümü|semua
""")
"""Words that say so of a member, and elsewhere may be values or names."""

BESIDE = _TOTALS | _SUMS | _FUNCTIONS | words_in("max|min|product|var|varp|maximum|minimum|produkt")
"""Words that spreadsheets write before or behind a group's name, which is then there, too."""

_OF_NAMES = frozenset({"totaal", "totale", "totalt", "gesamt", "subtotale"})
"""Words that shops have in their names, too."""

SINGLE = (
    _TOTALS
    | _SUMS
    | _FUNCTIONS
    | _OVERALL
    | _MAY_BE_VALUES
    | words_in("eof|result|note|notes|remarks|备注")
)
"""Words that are a total by themselves, as ``nothing.bare`` gives them."""


def _any(*words: Iterable[str]) -> str:
    """Return an expression for any of some words; a Greek s is another letter at a word's end."""
    chosen = sorted(set().union(*words), key=lambda word: (-len(word), word))
    return "(?:" + "|".join(map(re.escape, chosen)).replace("σ", "[σς]") + ")"


_TOTAL = _any(_TOTALS)
_JOINED = ".+(?:总计|合计|小计|汇总|合計|小計|總計|総計|集計)"
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
    rf"{_TOTAL}(?:$|[\s:;=(].*)|.*\s{_any(_TOTALS, _SUMS, _FUNCTIONS)}|{_JOINED}|"
    rf"{_ROWS}.*|共 ?[0-9].*|(?:{_CLOSING}).*",
    re.DOTALL,
)

_PLAIN = [word for word in _TOTALS if word.isascii() and " " not in word]
IN_ONE_WORD = rf"{_any(_PLAIN)}(?::.*)?|copyright.*|(?:count|anzahl|time|elapsed):[0-9].*"
"""Those of them that have no blank, nor another sign that member numbers seldom have."""

FIRST_CELL = (
    f"{_any((_TOTALS - _MAY_BE_VALUES) | _OVERALL)}|{_TOTAL} ?: ?.*|"
    rf".*\s{_any(_TOTALS - _OF_NAMES, _FUNCTIONS)}|{_JOINED}"
)
"""What the first cell of a row of totals is; without the words that a name may well be."""

_OF_LEDGERS = words_in("""
本月合计|本年累计|本期合计|本日合计|本季合计|期初余额|期末余额|上年结转|承前页|过次页|本页合计|本页小计|本期小计
""")

ANYWHERE = f"{FIRST_CELL}|{_any(_OF_LEDGERS)}"
"""Cells that say in any column that a row adds up others; they are pointed at alone."""

SELDOM = (
    rf"{_any(_SUMS, _FUNCTIONS, _MAY_BE_VALUES)}|.*\s{_any(_SUMS, _OF_NAMES)}|"
    r"(?:totale?|moyenne|promedio|recuento|contagem|nombre|nb|média|media) .+"
)
"""Cells that say so if most cells of the column do not: in others they are values or names."""

CELLS = sorted(
    {
        case
        for word in SINGLE | _OF_LEDGERS
        for case in (word, word.title(), word.capitalize(), word.upper(), f"{word}:", f"{word}：")
    }
)
"""Whole cells that are to be looked at by those expressions, in columns of many values."""

TOTAL = "is a total, or a closing line of an export such as (3 rows affected)"
"""Why such a cell stands for nobody."""


def is_total(bare: str) -> bool:
    """Tell whether a cell, as ``nothing.bare`` gives it, is a total or a closing line."""
    return bare in SINGLE or _PATTERN.fullmatch(bare) is not None
