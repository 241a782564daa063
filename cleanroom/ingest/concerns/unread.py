# ruff: noqa: E501
"""Say of the columns that are not read what stands in them, and what of it changes the answers.

The room file names the columns that are read; nobody else looks at the others.  A refund, the name
of a measure or another currency in one of them makes rows something else than they are taken for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from cleanroom.ingest.concerns.countries import abroad, sites
from cleanroom.ingest.concerns.countries_of_shops import regions_of_shops
from cleanroom.ingest.concerns.flags import joined, unexplained, words_of
from cleanroom.ingest.concerns.impressions import counts_seen
from cleanroom.ingest.concerns.statuses import coded
from cleanroom.ingest.concerns.undone import undone
from cleanroom.ingest.identifiers.nothing import bare
from cleanroom.ingest.identifiers.words import words_in
from cleanroom.ingest.masking import looks_like_identifier, masked
from cleanroom.ingest.report import Concern, LabelCount, LeftOut, UnreadColumn
from cleanroom.ingest.seen import spoilt

if TYPE_CHECKING:
    from cleanroom.ingest.source import Source
    from cleanroom.ingest.spec import DatasetSpec
    from cleanroom.isolated.unread import Counts

SHOWN: Final = 12
"""A column with more values has none that are shown."""

_NAMED: Final = 3

# --- currencies and units

_CURRENCY: Final = re.compile(
    r"(?i)curr|ccy|w(ae|\xe4)hr|waer[ks]|devise|moneda|valuta|moeda|\u5e01|\u8ca8\u5e63|\u901a\u8ca8"
)
_NUMBERED: Final = re.compile(
    r"(?i)id[_ ]?(?:currency|devise|moneda|valuta)"
    r"|(?:currency|devise|moneda|valuta|w(?:ae|\xe4)hrung|币种)[_ ]?(?:id|no|nr|num(?:ber)?|code|编号|代码)?"
)
"""Names of columns of which whole numbers stand for currencies: PrestaShop's, and ISO 4217's."""
_CODE: Final = re.compile(r"[A-Z]{3}")
_USUAL: Final = frozenset(
    [
        "AED",
        "AUD",
        "BRL",
        "CAD",
        "CHF",
        "CNY",
        "CZK",
        "DKK",
        "EUR",
        "GBP",
        "HKD",
        "HUF",
        "IDR",
        "ILS",
        "INR",
        "JPY",
        "KRW",
        "MXN",
        "MYR",
        "NOK",
        "NZD",
        "PHP",
        "PLN",
        "RUB",
        "SAR",
        "SEK",
        "SGD",
        "THB",
        "TRY",
        "TWD",
        "USD",
        "VND",
        "ZAR",
    ]
)
_SPOKEN: Final = {
    **dict.fromkeys(("RMB", "CNH", "人民币"), "CNY"),
    **{"€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "US$": "USD", "HK$": "HKD"},
    **{"美元": "USD", "欧元": "EUR", "日元": "JPY", "港币": "HKD", "港元": "HKD", "英镑": "GBP"},
    **{"￥": "¥", "¥": "¥", "$": "$"},
}
"""Currencies in signs and words, with their codes; a sign of several stays as it is."""
_SIGNS: Final = {"¥": re.compile("CNY|JPY"), "$": re.compile("..D")}
_UNITS: Final = frozenset(
    ["unit", "units", "uom", "einheit", "unité", "unidad", "unità", "meins", "vrkme"]
)
_UNITS_HAN: Final = frozenset({"单位", "计量单位", "销售单位", "単位", "단위"})
_NO_UNITS: Final = frozenset(
    ["business", "org", "organization", "organisation", "price", "cost", "id", "sales"]
)


def currencies(name: str, values: Counts) -> list[str]:
    """Return the currencies in a column, in codes of three letters, if it is one of currencies.

    A sign that may be one of the codes beside it is no other currency.
    """
    if _NUMBERED.fullmatch(name) and all(re.fullmatch("[0-9]{1,3}", text) for text in values):
        return sorted(values)
    plain = [text.strip().upper() for text in values]
    codes = {_SPOKEN.get(text, text) for text in plain if text}
    if not _CURRENCY.search(name) and not codes <= _USUAL:
        return []
    found = {code for code in codes if _CODE.fullmatch(code) or code in _SIGNS}
    doubled = {sign for sign, own in _SIGNS.items() if any(map(own.fullmatch, found))}
    return sorted(found - doubled)


def _are_units(name: str, values: Counts) -> bool:
    named = words_of(name)
    is_unit = (named & _UNITS and not named & _NO_UNITS) or name in _UNITS_HAN
    return bool(is_unit) and not all(re.fullmatch("[0-9.,]*", value) for value in values)


_MONEY: Final = re.compile(
    r"(?i)金额|销售额|成交额|实付|货款|总价|価格|売上|금액|매출|revenue|spend|spent|turnover|gmv|umsatz"
    r"|betrag|montant|importe|importo|valor|price|paid|(?:grand|order)[ _]?total"
    r"|total.{0,3}(?:incl|excl|ttc|due)|(?:incl|excl)\.? ?(?:tax|vat|gst|mwst)|(?:^|[_ ])(?:sales|ltv|cost)(?:$|[_ ])"
)
"""Names of measures of money, which is the same for a bottle and a box."""
_OF_MONEY: Final = re.compile(
    r"(?i)[元円원万千百亿角分€$£¥]+|usd|eur|cny|rmb|gbp|jpy|cent|dollar|euro|thousand|million|t(?:eur|usd|sd)|k(?:eur|usd)|mio|[km]"
)


def _of_money_alone(values: Counts, spec: DatasetSpec) -> bool:
    """Tell whether all measures are money, and units are not its own, such as thousands."""
    named = all(_MONEY.search(one.column) for one in spec.measures.values())
    return named and not any(_OF_MONEY.fullmatch(bare(value)) for value in values)


_SITE: Final = re.compile(
    r"(?i)^(?:lazada|shopee|amazon|ebay)?[ _-]?(?:site|sites|marketplace|venture|storefront)(?:[ _-]?(?:id|code|name|country))?$"
    "|站点|站點|サイト|マーケットプレイス|마켓플레이스"
)
_ZONE: Final = re.compile(
    r"(?i)time.?zone|(^|_)tz$|(utc|gmt).?offset|zeitzone|fuseau|fuso|huso|\u65f6\u533a|\u6642\u5340"
)

# --- several measures, or kinds of events, in one column

_OF_MEASURES: Final = words_in("""
measure names|measure name|measures|measure|metrics|metric|metric name|kpi|kpi name|indicator name
指标|指标名|指标名称|度量|度量名称|メジャー名|측정값 이름|kennzahl|kennzahlen|kennzahlnamen|kennzahlname
noms de mesures|nombres de medidas|nomes de medida|nomes de medidas|nomi misure
""")
_OF_ATTRIBUTES: Final = words_in(
    "attribute|variable|indicator|attribut|atributo|attributo|属性|특성"
)
_OF_VALUES: Final = words_in(
    "value|values|measure values|wert|werte|valeur|valeurs|valor|valores|valore|值|数值|度量值|値|값"
)
_MEASURES: Final = words_in("""
clicks|link clicks|impressions|views|page views|pageviews|spend|cost|costs|revenue|orders|sessions|visits
quantity|qty|units sold|profit|discount|gmv|gross sales|net sales|transactions|ctr|cpc|cpm|cpa|roas
点击|点击量|点击数|展现|展现量|曝光量|曝光|花费|消耗|成本|销售额|成交额|成交金额|订单数|订单量|转化数|访客数|浏览量|支付金额
klicks|impressionen|kosten|umsatz|ausgaben|bestellungen|clics|impresiones|coste|ingresos|coût|dépenses
クリック数|表示回数|費用|売上|클릭수|노출수|비용|매출
""")
_OF_AGGREGATES: Final = re.compile(
    r"^(?:sum of|total|count of|avg|average of|summe von|somme de|suma de|求和项:?|计数项:?)\s+|"
    r"\s+\(?(?:usd|eur|cny|rmb|\$|€|元)\)?$|^求和项:|^计数项:"
)
_GOALS: Final = frozenset({"objective", "goal", "optimization", "optimisation"})
"""Words in the name of a column of what a campaign is for, which is no measure of a row."""
_OF_EVENTS: Final = frozenset(
    [
        "event",
        "eventname",
        "eventtype",
        "action",
        "actiontype",
        "事件",
        "事件名",
        "事件名称",
        "事件类型",
        "行为",
        "行为类型",
        "behaviortype",
        "behavior",
        "activitytype",
    ]
)
_EVENTS: Final = words_in("""
purchase|page view|pageview|add to cart|view item|begin checkout|session start|first visit|scroll|click
impression|login|sign up|user engagement|view|order|pay|buy|cart|fav|pv|浏览|加购|收藏|下单|支付|购买|曝光|点击|成交
""")


def _are_measures(name: str, values: Counts, spec: DatasetSpec) -> bool:
    """Tell whether a column says of each row which measure its number is."""
    if len([value for value in values if value]) < 2 or not spec.measures:
        return False
    called = bare(name.replace("_", " "))
    if called in _OF_MEASURES:
        return True
    numbers = {bare(one.column.replace("_", " ")) for one in spec.measures.values()}
    plain = {_OF_AGGREGATES.sub("", bare(value.replace("_", " "))) for value in values if value}
    known = plain & _MEASURES
    if called in _OF_ATTRIBUTES and numbers & _OF_VALUES:
        return True
    goals = words_of(name) & _GOALS or "目标" in name
    return len(known) > 1 and 2 * len(known) >= len(plain) and not goals


def _are_events(name: str, values: Counts, spec: DatasetSpec) -> bool:
    called = joined(name)
    plain = {bare(value.replace("_", " ")) for value in values if value}
    return (
        spec.kind == "events" and called in _OF_EVENTS and len(plain) > 1 and bool(plain & _EVENTS)
    )


def _counts_events(name: str, values: Counts, spec: DatasetSpec) -> bool:
    """Tell whether rows of events without amounts stand for several each, by a column's name."""
    if spec.kind != "events" or spec.measures or not values or not counts_seen(name):
        return False
    numbers = [re.fullmatch(r"([0-9]{1,9})(?:\.0+)?", value) for value in values]
    return all(numbers) and any(found and int(found[1]) > 1 for found in numbers)


_QUANTITY: Final = re.compile(
    r"(?i)(?:line.?item.?|item.?|order.?|product.?)?(?:quantity|qty|quantit[éeàa]|menge|anzahl|st\xfcckzahl"
    r"|cantidad|quantidade|unidades|qté|stück|stk|ilość|adet|aantal|antal|количество)(?:.(?:ordered|sold|purchased))?"
    r"|(?:购买|商品|销售|購入|注文|購買)?(?:[数數]量|件[数數])(?:[(\uff08][件个個][)\uff09])?|個[数數]|(?:상품|주문|구매|판매)?(?:수량|개수)"
    r"|(?:item|goods|buy|sku|product)_?(?:num|count|cnt)"
)
_OF_ONE: Final = re.compile(
    r"(?i)(?:line.?item.?|item.?|product.?|unit.?)?(?:price|preis|prix|precio|prezzo|preço|preco|cena|fiyat|prijs)"
    r"|(?:price|cost).?(?:each|per.?(?:unit|item))|unit.?cost|einzelpreis|st\xfcckpreis|prix.unitaire(?:.(?:ht|ttc))?"
    r"|precio.unitario|prezzo.unitario|pre[çc]o.unit[áa]rio|valor.unit[áa]rio|birim.fiyat"
    r"|(?:商品|销售|成交|产品|販売|税込|税抜)?(?:[单單単][价價価]|售价|[价價価]格)(?:[(\uff08](?:元|円|税込|税抜)[)\uff09])?"
    r"|(?:상품|판매)?(?:단가|가격|판매가)"
)
"""Names of columns of the price of one piece, which are none of a row's amount."""


def _of_several(name: str, values: Counts, spec: DatasetSpec) -> str:
    """Return the measure that is the price of one piece, if a column says how many a row has."""
    prices = (one.column for one in spec.measures.values() if _OF_ONE.fullmatch(one.column))
    numbers = _QUANTITY.fullmatch(name) and all(
        re.fullmatch(r"[0-9]{1,4}(?:\.0+)?", value) for value in values
    )
    return next(prices, "") if numbers else ""


# --- what is said

_OF_LABELS: Final = frozenset({"undone", "currencies", "sites", "units", "zones"})
"""What a column says that is a label, too: questions by other labels take all rows together."""


def of_unread(spec: DatasetSpec, source: Source, total: int) -> Iterator[tuple[Concern, int]]:
    """Yield what is odd about columns that are not read, or split the rows, each with a record."""
    for column, (rows, first) in source.filled.items():
        yield Concern("filled", column, rows, total), first
    for home in (one.home for one in spec.ids if one.home):
        for column, places in source.abroad.items():
            here = _declared(spec, column, places)
            rows, first, names = abroad(here, home, regions_of_shops(column, here))
            if rows:
                yield Concern("countries", column, rows, total, names), first
    for column, values in source.others.items():
        if values:
            yield from _of_column(spec, column, values, total)
        if values and column not in source.spoilt.columns:
            yield from _damaged(column, values)
    for column, values in source.split.items():
        here = _declared(spec, column, values or {})
        for one, record in _of_column(spec, column, here, total) if here else ():
            # Which rows, or events, count is said by the filter; that they differ is not.
            if one.kind in _OF_LABELS and (one.kind != "undone" or column not in spec.keep):
                yield one, record


def _declared(spec: DatasetSpec, column: str, values: Counts) -> Counts:
    """Return the values that a label may have: rows with others are left out."""
    domain = spec.domains.get(column)
    return values if domain is None else {one: values[one] for one in values if one in domain}


def _of_column(
    spec: DatasetSpec, column: str, values: Counts, total: int
) -> Iterator[tuple[Concern, int]]:
    filled = {value: count for value, count in values.items() if bare(value)}
    codes = currencies(column, filled)
    gone = undone(column, values)
    if _are_events(column, filled, spec):
        yield _concern("kinds", column, filled, total)
    elif gone:
        yield _concern("undone", column, {value: values[value] for value in gone}, total)
    elif unexplained(column, filled) or coded(column, filled):
        yield _codes(column, filled, total)
    elif spec.measures and len(codes) > 1:
        first = min(record for _, record in filled.values())
        yield Concern("currencies", column, len(codes), total, ", ".join(codes[:10])), first
    elif spec.measures and len(filled) > 1 and _SITE.search(column) and sites(filled):
        yield _concern("sites", column, filled, total)
    elif (
        spec.measures
        and len(filled) > 1
        and _are_units(column, filled)
        and not _of_money_alone(filled, spec)
    ):
        yield _concern("units", column, filled, total)
    elif spec.time and spec.time.zone and len(filled) > 1 and _ZONE.search(column):
        yield _concern("zones", column, filled, total)
    elif price := _of_several(column, filled, spec):
        rows = [told for value, told in filled.items() if float(value) > 1]
        if rows:
            of = sum(count for count, _ in rows)
            yield Concern("pieces", column, of, total, price), min(first for _, first in rows)
    elif _counts_events(column, filled, spec):
        several = {value: told for value, told in filled.items() if float(value) > 1}
        yield _concern("counted", column, several, total)
    elif _are_measures(column, filled, spec):
        yield _concern("measures", column, filled, total)


def _damaged(column: str, values: Counts) -> Iterator[tuple[Concern, int]]:
    """Yield that words lost letters: what they said of their rows is not noticed."""
    found = {value: values[value] for value in values if spoilt(value)}
    if found:
        yield _concern("damaged", column, found, sum(rows for rows, _ in values.values()))


def _codes(column: str, values: Counts, total: int) -> tuple[Concern, int]:
    told = ", ".join(f"{one.value}: {one.rows:,}" for one in _shown(values))
    rows = sum(rows for rows, _ in values.values())
    return Concern("codes", column, rows, total, told), min(first for _, first in values.values())


def _concern(kind: str, column: str, values: Counts, total: int) -> tuple[Concern, int]:
    named = _shown(values)
    told = ", ".join(one.value for one in named[:_NAMED]) + ", …" * (len(named) > _NAMED)
    rows = sum(rows for rows, _ in values.values())
    return Concern(kind, column, rows, total, told), min(first for _, first in values.values())


def of_filter(spec: DatasetSpec, source: Source) -> Iterator[Concern]:
    """Yield which values of ``keep`` stand in no row: they may be misspelt."""
    for column, wanted in spec.keep.items():
        missing = [value for value in wanted if value not in source.met.get(column, ())]
        if missing:
            told = ", ".join(f'"{value}"' for value in missing[:10])
            yield Concern("unmet", column, len(missing), len(wanted), told)


def left_out(source: Source) -> tuple[LeftOut, ...]:
    """Return, column by column, how many rows the filter left out, and by which values."""
    return tuple(
        LeftOut(column, rows, _shown(source.left[column] or {})[:SHOWN])
        for column, rows in source.out.items()
        if rows
    )


def unread(source: Source, total: int) -> tuple[UnreadColumn, ...]:
    """Return every column that is not read, with its values if they are few."""
    return tuple(
        UnreadColumn(_name(column), _shown(values) if values and _are_few(values, total) else ())
        for column, values in source.others.items()
    )


def _name(column: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in column).strip()[:64]


def _are_few(values: Counts, total: int) -> bool:
    return len(values) <= min(SHOWN, total // 2)


def _shown(values: Mapping[str, tuple[int, int]]) -> tuple[LabelCount, ...]:
    """Return values with their rows, the most frequent first; masked if one is an identifier."""
    hidden = any(map(looks_like_identifier, values))
    found = sorted(values.items(), key=lambda one: (-one[1][0], one[0]))
    return tuple(LabelCount(masked(value) if hidden else value, rows) for value, (rows, _) in found)
