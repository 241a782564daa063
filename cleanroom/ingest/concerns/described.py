# ruff: noqa: E501
"""Notice what somebody wrote into columns of notes and names: that an order is none, or a number lent.

Such columns have many values, so that the reader counts the cells with such words alone.  A shop
buys from itself and sends nothing (刷单, 空包); a platform hides a receiver's number behind one that
it lends for some days, with an extension behind the name (张三[1234]) or in a column of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from cleanroom.ingest.report import Concern

if TYPE_CHECKING:
    from cleanroom.ingest.source import Source
    from cleanroom.ingest.spec import DatasetSpec

_BEGIN: Final = r"(?:^|[,，;；、/|【\[(（])\s*"
_END: Final = r"\s*(?:$|[,，;；、/|。.!！】\])）])"
_NAME: Final = (
    "收货人|收件人|收貨人|收件者|姓名|联系人|聯絡人|receiver|consignee|recipient|(?:^|[_ ])name$"
)

NOTED: Final = {
    "for-show": (
        "备注|備註|留言|附言|旗标|memo|remark|notes?$|note[_ ]|comment|メモ|備考|메모|비고",
        f"(?:^|[^非不无未])(?:刷单|刷單|补单|補單|空包|空单|测试单|测试订单|測試單|測試訂單)|{_BEGIN}(?:sd|[sv]单|测试|測試|テスト|テスト注文|테스트|dummy|test|test ?orders?|dummy ?orders?){_END}",
    ),
    "lent": (_NAME, r"[^\s\[【][\[【][0-9]{3,4}[\]】]\s*$"),
    "lent-beside": (
        "分机|分機|转接号|虚拟号|隐私号|虚拟电话|안심번호|안심 번호|virtual[_ ]?(?:phone|mobile|number)|phone[_ ]?ext(?:ension)?$|extension[_ ]?(?:code|no|number)|proxy[_ ]?(?:phone|number)",
        "[0-9]{2}",
    ),
}
"""By kind the columns, and the cells, that say so, in small letters; both as RE2 has them."""

_FEWEST: Final = 2


def described(
    spec: DatasetSpec, source: Source, total: int, gone: Collection[str]
) -> Iterator[tuple[Concern, int]]:
    """Yield what two cells or more of a column say of their rows, each with the first record.

    Of columns that are ``gone`` it is told already which rows do not count.
    """
    phones = [one.column for one in spec.ids if one.profile.startswith("phone:")]
    for kind, columns in source.noted.items():
        for column, (rows, first) in columns.items():
            if rows >= _FEWEST and kind == "for-show":
                if column not in gone:
                    yield Concern(kind, column, rows, total), first
            elif rows >= _FEWEST and phones:
                yield Concern("lent", column, rows, total, phones[0]), first
