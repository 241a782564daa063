"""Notice a total that stands beside each item of its order: added up, it counts several times.

What tells is a column that is not read and names the order, or the event that two programs sent; or
one of whatever name, or none, where the few rows of each of its values are of one moment.  Rows of
one price each, such as tickets, have few prices; totals are as many as orders.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, Literal

from cleanroom.ingest.report import Concern

if TYPE_CHECKING:
    from cleanroom.isolated.orders import Again

_EVENT: Final = (
    r"^\$?(?:event|insert|message|dedup(?:e|lication)?)[ _-]?(?:id|key|uuid)$|^事件(?:id|编号|号)$"
)
NUMBER_OF_ORDER: Final = (
    r"^(?:shop|store|sales|customer|main|parent|web|amazon)?[ _-]?"
    r"(?:order|transaction|txn|trade|invoice|receipt|basket|checkout)"
    r"[ _-]?(?:id|no|nr|num|number|code|key|ref|reference|name)?[.#]?$"
    r"|^(?:主|父)?(?:订单|交易|交易单|小票|流水)(?:号|编号|id)$|^单号$|^注文番号$|^주문번호$"
    r"|^(?:bestel|bestell|order|auftrags?|rechnungs?|beleg|bon)[ _-]?(?:nr|nummer|id|no)\.?$"
    r"|^(?:vbeln|increment_id)$|^(?:nr|numer)[ _.]{1,2}(?:zam[oó]wienia|faktury)$"
    r"|^sipariş[ _]?(?:no|numarası|id)$|^(?:(?:id|n[°ºo]?|n[uú]m(?:éro|ero)?|référence)\.?[ _-]?"
    r"(?:d[eo] )?)?(?:commande|pedido|ordine|factur[ea]|fatura)(?:[ _-]?(?:id|no|num))?$"
)
"""Names of columns that say to which order a row belongs."""

ORDER: Final = f"{NUMBER_OF_ORDER}|{_EVENT}"
"""Names of columns that say to which order, or to which event sent, a row belongs."""

FURTHER_ITEM: Final = ": a further item of one order, which is no fault"
"""How the reason ends why such a row is not used: the amount of its order stands in the first."""

_SENT = 3
"""Most repeats of one event sent, on average: what has more is an event that people go to."""

_LEAST, _SHARE, _OWN = 5, 0.95, 0.3
"""Orders of several rows; the shares of their rows with one number, and of numbers, that tell."""

_OTHERS: Final = 0.05
"""A greater share of rows is another person's than the first of their order: a key drops people."""


def totals(
    orders: Mapping[str, Mapping[str, Again]], kind: Literal["events", "audience"]
) -> Iterator[tuple[Concern, int]]:
    """Yield the columns of numbers that the rows of an order have again, with a record.

    ``orders`` has, by column of orders and column of numbers, what was seen of them.
    """
    told = set()
    for column, numbers in orders.items():
        sent = re.search(f"(?i){_EVENT}", column)
        for number, (rows, alike, first, amounts, near, apart, others) in numbers.items():
            # What was divided among rows leaves a cent over; what was paid in parts takes weeks.
            if 1 < near >= (rows - alike) / 2 or apart > _SHARE * rows:
                continue
            many = len(amounts) >= _LEAST and alike > _SHARE * rows
            many = many and (rows <= _SENT * len(amounts) or not sent)
            if many and len(set(amounts)) >= _OWN * len(amounts) and number not in told:
                told.add(number)
                people = kind == "audience" or others > _OTHERS * rows
                name = "order-people" if people else "order-totals" if column else "order-moment"
                yield Concern(name, number, alike, rows, column), first
