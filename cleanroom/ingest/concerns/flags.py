# ruff: noqa: E501
"""Recognise columns of flags by their names: deleted, cancelled, withdrawn, a test, or in use.

A name is a word for what happened and, around it, words for a flag: ``is_deleted``, ``DEL_YN``,
``削除フラグ``, ``취소여부``.  Business software cuts and joins them: ``FCANCELSTATUS``, ``LOEKZ``.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from cleanroom.ingest.identifiers.nothing import bare
from cleanroom.ingest.identifiers.words import words_in

_TRUE: Final = words_in("""
true|t|yes|y|1|1.0|x|on|是|真|有|ja|oui|vrai|si|sí|sim|да|истина|はい|有り|あり|예|tak|evet|ya|có|igen|ano|kyllä|ใช่|✓|✔|○|●
""")
_FALSE: Final = words_in("""
false|f|no|n|0|0.0|off|否|假|无|nein|non|faux|não|нет|ложь|いいえ|無し|なし|아니요|아니오|nie|hayır|tidak|không|nej|nei|nee|nem|ne|ei
ไม่|null|none|\\n|nan|-|×
""")

_ABOUT: Final = r"^(?:is|was|has|b|bln|chk|f|x|是否|是否已|已|record|row|order|payment|customer|member|user|account|status|state)"
_BEHIND: Final = (
    r"(?:flag|flg|fl|yn|ind|indicator|indikator|status|state|stat|mark|marker|bool|kbn|kz|kennz|kennzeichen|flagga|bandera"
    r"|フラグ|ﾌﾗｸﾞ|区分|状態|여부|유무|구분|상태|플래그|标志|标识|标记|状态|標誌|標記|狀態|旗標|否|(?<=a)c|c)$"
)
"""What stands before and behind the word in names of flags."""

_GONE: Final = words_in("""
deleted|delete|deletion|del|cancelled|canceled|cancel|cancellation|refunded|refund|voided|void|reversed|reversal
withdrawn|withdrawal|inactive|disabled|disable|deactivated|terminated|suspended|blocked|locked|archived|archive|tombstone|trashed
chargeback|disputed|blacklisted|blacklist|fraud|fraudulent|spam|bot|duplicate|duplicated|dup|removed|revoked|invalid|annulled|obsolete|cheat|cheating|banned
gelöscht|geloescht|lösch|loesch|löschvormerkung|löschkennzeichen|storniert|storno|inaktiv|gesperrt|loevm|loekz|lvorm|fksto|xreversal|xreversed
supprimé|supprime|annulé|annule|annulée|annulation|remboursé|inactif|désactivé|bloqué|eliminado|cancelado|anulado|anulada|inactivo|reembolsado
baja|bloqueado|excluído|excluido|inativo|deletado|estornado|annullato|eliminato|cancellato|stornato|inattivo|rimborsato|verwijderd|geannuleerd
inactief|usunięty|usuniete|usunięte|anulowane|anulowany|anulowana|nieaktywny|удален|удалён|удалено|отменен|отменён|отменено|неактивен
silindi|silinmiş|iptal|iptal edildi|pasif|dihapus|dibatalkan|batal|nonaktif|đã xóa|đã hủy|hủy|makulerad|annullerad|raderad|slettet|annulleret|kansellert
zrušeno|smazáno|stornováno|törölt|törölve|peruttu|poistettu|ลบ|ยกเลิก|ยกเลิกแล้ว
删除|取消|作废|注销|退款|退货|撤销|冲销|红冲|停用|禁用|冻结|失效|无效|拉黑|黑名单|锁定|关闭|刷单|离职|封禁|封号|作弊
刪除|作廢|註銷|退貨|撤銷|凍結|無效|黑名單|鎖定|關閉|停權
削除|論理削除|取消|キャンセル|退会|返品|返金|解約|無効|失効|停止|利用停止|廃止|ブラックリスト|ブロック
삭제|취소|주문취소|결제취소|환불|반품|탈퇴|회원탈퇴|해지|차단|무효|정지|휴면|폐기
""")
_TEST: Final = words_in("test|测试|測試|テスト|테스트|dummy|sandbox")
_USED: Final = words_in("""
valid|captured|paid|livemode|current|latest|use|active|activated|enabled|enable|aktiv|gültig|actif|activo|ativo|attivo|actief|aktywny
有效|启用|在用|支付|付款|成交|最新|啟用|有効|使用|利用|사용|유효|활성
""")
_ALONE: Final = words_in(
    "valid|captured|paid|livemode|current|latest|yn|有效|fivetran active|fivetranactive"
    "|primaryattribution|isprimaryattribution"
)
"""Names that say so without a word for a flag around them."""

_ZERO_AND_ONE: Final = frozenset({"dr"})
"""Names that say so only where cells are 0 and 1, as Yonyou's have them."""

_MARKS: Final = _GONE | _TEST | words_in("return|returned|isreturned|isbot|istest")
_OTHERS: Final = frozenset(
    """
    ab group variant arm policy eligible allowed available reason by id no not non never days rate
    count qty quantity
    """.split()  # noqa: SIM905
)
"""Words beside which a mark in a name says something else."""
_WITHIN: Final = re.compile(
    "删除|取消|退款|退货|作废|测试|注销|刷单|黑名单|关闭|^(?:是否[为是]?)?(?:作弊|赠品|样品)[单行]?(?:订单)?(?:标[识志记])?$|刪除|作廢|註銷|削除|キャンセル|退会|返品|返金|解約|삭제|취소|환불|반품|탈퇴|해지|차단"
)
_OTHERWISE: Final = re.compile(
    "可|支持|允许|無理由|无理由|同意|政策|规则|ポリシー|保険|险|原因|理由|次数|件数|回数|率|日数|가능|동의|사유|횟수|률"
)

_MOST: Final = 6
"""Values of a flag in other words than yes and no."""
_CODE: Final = re.compile(r"[A-Za-z]?[0-9]{1,4}(?:\.0)?|[A-Za-z]{1,2}")


def words_of(name: str) -> frozenset[str]:
    """Return the words in a column's name, in small letters."""
    runs = re.findall(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![^\W\d_A-Z])|[0-9]+", name)
    return frozenset(run.casefold() for run in runs)


def _cores(name: str) -> list[str]:
    """Return a name in one word, and what is left of it without words for a flag."""
    found = [joined(name)]
    for core in found:
        cut = (re.sub(_ABOUT, "", core), re.sub(_BEHIND, "", core))
        found += [one for one in cut if one and one not in found]
    return found


def joined(name: str) -> str:
    """Return a column's name in one word, without the ending of Salesforce's own fields."""
    return _compact(folded(name.removesuffix("__c")))


def _compact(text: str) -> str:
    return re.sub(r"[\W_]", "", text)


def folded(text: str) -> str:
    """Return a text in small letters, the dotted capital I of Turkish among them."""
    return bare(text).replace("i\u0307", "i")


def raised(name: str, values: Collection[str]) -> list[str]:
    """Return those values of a column of flags that say of their row that it does not count."""
    coded = {value: value.strip().casefold() for value in values}
    filled = {code for code in coded.values() if code}
    cores = _cores(name)
    gone = not _COMPACT_GONE.isdisjoint(cores)
    if not filled <= _TRUE | _FALSE:
        # Another value than no stands for what happened, whatever it is.
        tells = gone and len(filled) <= _MOST and bool({*coded.values()} & {"", *_FALSE})
        return [value for value, code in coded.items() if tells and code and code not in _FALSE]
    named = words_of(name)
    marked = bool(named & _MARKS and not named & _OTHERS) or bool(
        _WITHIN.search(name) and not _OTHERWISE.search(name)
    )
    zero_and_one = bool(_ZERO_AND_ONE & {*cores}) and filled <= {"0", "1"}
    if gone or marked or zero_and_one or not _TEST.isdisjoint(cores):
        return [value for value, code in coded.items() if code in _TRUE]
    if cores[0] in _ALONE or not _USED.isdisjoint(cores[1:]):
        return [value for value, code in coded.items() if code in _FALSE]
    return []


def unexplained(name: str, values: Collection[str]) -> bool:
    """Tell whether a flag has several codes of which none is a word for no."""
    codes = [value for value in values if value]
    gone = not _COMPACT_GONE.isdisjoint(_cores(name))
    return gone and 1 < len(codes) <= _MOST and all(map(_CODE.fullmatch, codes))


_COMPACT_GONE: Final = frozenset(map(_compact, _GONE))
