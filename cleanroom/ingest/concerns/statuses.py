# ruff: noqa: E501
"""Read columns of statuses: a known word within others, what is not finished yet, bare codes."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from cleanroom.ingest.concerns.flags import folded, joined, words_of
from cleanroom.ingest.identifiers.words import words_in

_NAMED: Final = frozenset(
    """
    status statuses state stage phase outcome result results disposition statut état etat estado situação situacao situación
    stato stav stan durum durumu статус состояние результат ergebnis résultat resultado esito wynik sonuç hasil
    """.split()  # noqa: SIM905
)
_NAMED_WITHIN: Final = re.compile(
    "状态|状態|狀態|状況|狀況|结果|結果|ステータス|상태|결과|trạng thái|kết quả|สถานะ|ผลการ"
)

_KNOWN: Final = (
    "(?:取消|关闭|關閉|退款|退货|退貨|删除|刪除|锁定|鎖定|作废|作廢|失败|失敗|拒收|冻结|凍結|注销|註銷|拉黑|屏蔽"
    "|キャンセル|返品|返金|エラー|不達|ブロック|退会|취소|환불|반품|실패|차단|탈퇴|거부|삭제|ยกเลิก|ล้มเหลว|ไม่สำเร็จ|คืนเงิน)"
)
_KNOWN_WITHIN: Final = re.compile(f"(?<![未无無没沒不非可解미비]){_KNOWN}")
_BEFORE: Final = "(?:曾|有|任何|需要?|必|要求|支持|发生|發生|产生|產生|发起|發起|申请|申請|提交|进行|進行|办理|辦理|全额|部分|仅)"
_DENIED: Final = re.compile(
    f"(?:没有|沒有|[未无無没沒不非미])(?:{_BEFORE}*(?:售后|售後|刷单|测试|异常|異常|{_KNOWN})|{_BEFORE}+$)|ไม่(?:มีการ|ได้|มี)?(?:ยกเลิก|คืนเงิน)"
    f"|{_KNOWN}(?:は|が)?(?:無し|無$|ナシ|不要|していません)|{_KNOWN} ?(?:안|못|미|무$)"
)
"""What says that nothing was undone: 没有申请退款, 未退货, 返品無し, 환불 안함."""
_TAKEN_BACK: Final = re.compile(
    "(?:退款|退货|退貨|售后|售後|换货|申请|申請|取消|キャンセル|返品|返金|취소|반품|환불|차단|삭제).{0,3}"
    "(?:关闭|關閉|失败|失敗|拒绝|拒絕|撤销|撤回|驳回|取消|却下|不可|否認|거절|거부|철회|불가|해제)"
    "|ない|なし|ません|않|아님|없"
)
"""An undoing that was itself undone, or denied: the row stands."""
_NOT: Final = frozenset(
    """
    not no non none never un without zero 0 nicht kein keine keinen nie ohne pas sans aucun aucune sin ningún ninguna não nao sem
    nenhum nenhuma nessun nessuna senza tidak bukan không chưa не без нет değil yok edilmedi edilmemiş niet geen ikke inte ej ingen
    ei bez brak nem nincs false
    """.split()  # noqa: SIM905
)
_NOT_YET: Final = frozenset("request requested policy label before awaiting if".split())  # noqa: SIM905
_DENYING: Final = frozenset("غير بدون لم لا".split())  # noqa: SIM905
_LONGEST: Final = 7

_UNFINISHED: Final = words_in("""
pending|expired|incomplete|uncaptured|ausstehend|offen|en attente|pendiente|pendente|in attesa|oczekujące|beklemede|bekliyor
ожидает|ожидание|menunggu|đang chờ|รอดำเนินการ|보류|대기|대기중|保留|未审核|待审核|审核中|未審核
""")
_FINISHED: Final = words_in("""
paid|succeeded|success|successful|completed|complete|captured|settled|delivrd|bezahlt|abgeschlossen|payé|payée|terminé|pagado|completado
pago|concluído|pagato|completato|opłacone|zrealizowane|ödendi|tamamlandı|оплачен|оплачено|завершён|завершен|selesai|thành công|hoàn thành
สำเร็จ|成功|交易成功|支付成功|已支付|已付款|已完成|已审核|审核通过|已審核|完了|決済完了|입금완료|결제완료|완료
""")

_ABOUT: Final = (
    "(?:f|is|order|orders|trade|pay|payment|txn|transaction|delivery|shipping|shipment|logistics|member|account|user|customer"
    "|record|row|document|doc|bill|invoice|send|sending|message|msg|sms|push|refund|current|financial|fulfil?ment|deal|card)"
)
_STATUS: Final = re.compile(
    rf"{_ABOUT}*(?:status|stat|statut|estatus)(?:id|code|cd|no|num|c)?|{_ABOUT}+state(?:id|code|cd)?"
    "|[^a-z]{0,6}(?:状态|状態|狀態|ステータス|상태|สถานะ)(?:コード|代码|编码|码|id|코드)?"
)
_OTHER: Final = re.compile("婚|就业|在职|健康|혼인|결혼|취업|雇用")
_CODE: Final = re.compile(r"-?[0-9]{1,5}(?:\.0)?")
_LETTER: Final = re.compile("[A-Z]")
_MOST: Final = 12

_SIDE: Final = re.compile(
    "shkzg|sh|(?:sh|sollhaben)(?:kennzeichen|kz|kennz)?|debitcredit(?:ind|indicator|code|flag|mark)?|(?:creditdebit|drcr|crdr|dc)"
    "(?:ind|indicator|code|flag|mark)?|收支(?:类型|方向|标志)?|收入支出|借贷(?:方向|标志|标识)?"
)
_SIDES: Final = (
    *({"s", "h"}, {"soll", "haben"}, {"debit", "credit"}, {"d", "c"}, {"dr", "cr"}),
    *({"收入", "支出"}, {"借", "贷"}),
)
"""The two sides of an account, on one of which amounts are to be taken off."""
_SIDES_ALONE: Final = tuple(pair for pair in _SIDES if not pair & {"debit", "d"})
"""Those that are no kinds of cards, or of customers: they say so under any name for a kind."""
_KIND: Final = frozenset("type typ kind art tipo side sign direction indicator ind kz".split())  # noqa: SIM905
_KIND_WITHIN: Final = re.compile("类型|類型|方向|标志|標誌|种类|種別|区分|구분|kennzeichen")


def is_status(name: str) -> bool:
    """Tell whether a column says by its name how far something went, or what came of it."""
    return not words_of(name).isdisjoint(_NAMED) or bool(_NAMED_WITHIN.search(folded(name)))


def within(word: str, known: frozenset[str]) -> bool:
    """Tell whether a status holds, among other words, one that is known, and nothing denies it."""
    if _TAKEN_BACK.search(word):
        return False
    rest = _DENIED.sub("", word)
    if _KNOWN_WITHIN.search(rest) or rest != word:
        return _KNOWN_WITHIN.search(rest) is not None
    words = _words(word)
    count = len(words)
    if not 1 < count <= _LONGEST:
        return False
    spans = [(a, b) for a in range(count) for b in range(a + 1, count + 1)]
    found = [(a, b) for a, b in spans if " ".join(words[a:b]) in known]
    widest = max(found, key=lambda span: span[1] - span[0], default=None)
    if widest is None:
        return False
    inside = range(*widest)
    beside = [one for place, one in enumerate(words) if place not in inside]
    # Of two such words one may take back the other, as in "refund declined".
    twice = any(b <= widest[0] or a >= widest[1] for a, b in found)
    return not twice and (_NOT | _NOT_YET | _DENYING).isdisjoint(beside)


def denied(word: str, known: frozenset[str]) -> bool:
    """Tell whether a word names something known, or an undoing, and says that there was none."""
    if _TAKEN_BACK.search(word):
        return True
    if _DENIED.search(word):
        return _KNOWN_WITHIN.search(_DENIED.sub("", word)) is None
    words = {*_words(word)}
    return not words.isdisjoint(_NOT | _DENYING) and not words.isdisjoint(known)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:[-'’][^\W_]+)*", text)


def unfinished(words: Collection[str]) -> frozenset[str]:
    """Return the words of a column for what is not finished, beside one for what is."""
    here = frozenset(words)
    return _UNFINISHED & here if here & _FINISHED else frozenset()


def _are_sides(name: str, codes: Collection[str]) -> bool:
    """Tell whether codes are the two sides of an account, by the column's name or by themselves."""
    plain = joined(name)
    if _SIDE.fullmatch(plain):
        return any(pair <= {*codes} for pair in _SIDES)
    named = is_status(name) or words_of(name) & _KIND or _KIND_WITHIN.search(plain)
    return bool(named) and {*codes} in _SIDES_ALONE


def coded(name: str, values: Collection[str]) -> bool:
    """Tell whether a column of statuses has several codes, of which nobody says what they mean."""
    plain = joined(name)
    codes = [value for value in values if value]
    if _are_sides(name, {*map(folded, codes)}):
        return True
    if not _STATUS.fullmatch(plain) or _OTHER.search(plain) or not 1 < len(codes) <= _MOST:
        return False
    # Letters are kinds of customers as well, unless the name says of what they are.
    lettered = plain.startswith(("f", "doc", "order", "record", "row", "pay", "trans"))
    return all(map(_CODE.fullmatch, codes)) or (lettered and all(map(_LETTER.fullmatch, codes)))
