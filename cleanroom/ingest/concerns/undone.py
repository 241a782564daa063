# ruff: noqa: E501
"""Recognise, by a column's name and words, rows that were undone: refunds, cancellations, tests.

The words are those of shops, payment programs, replication tools and business software in their
usual languages.  They are looked for in columns that nobody reads, and pointed at alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from cleanroom.ingest.concerns.flags import folded, joined, raised, words_of
from cleanroom.ingest.concerns.statuses import denied, is_status, unfinished, within
from cleanroom.ingest.identifiers.nothing import no_label
from cleanroom.ingest.identifiers.words import words_in

_WORDS: Final = words_in("""
refund|refunds|refunded|fully refunded|partially refunded|partial refund|cancel|cancelled|canceled|cancellation
void|voided|returned|chargeback|charge back|charged back|reversed|reversal|disputed|declined|rejected|failed
payment failed|payment error|unpaid|not paid|payment pending|pending payment|awaiting payment|abandoned|draft
deleted|trash|spam|fraud|fraudulent|duplicate|invalid|no show|noshow|rto|closed lost|closedlost|blacklisted
credit memo|credit memos|credit note|credit notes|sales credit memo|out refund|custcred|accreccredit|refund receipt
test order|test account|test user|test customer|internal test|revoked|notpay|payerror|userpaying
trade closed|trade closed by taobao|trade canceled|trade no create pay|wait buyer pay
交易关闭|订单关闭|已关闭|关闭|超时关闭|取消|已取消|交易取消|订单取消|用户取消|系统取消|已撤销|拒收|已拒收|拒签|已拒签
退款|已退款|退款中|退款成功|退款完成|全额退款|部分退款|已全额退款|转入退款|仅退款|退货|已退货|退货退款|退货成功
wc pending|wc checkout draft
交易失败|订单失败|下单失败|退货单|退款单|销售退货|销售退货单|退货订单|红字|红冲|冲红|冲销|作废单|售后完成|退货完成|已拒绝|已退回|退单
取消完了|キャンセル確定|キャンセル完了|キャンセル済|返品完了|返品処理|返金完了|返金処理|注文取消|取消済|取消済み|決済失敗
未入金|入金待ち|不成立|취소됨|주문 취소|환불됨|결제 실패|결제실패|입금대기|반품접수|반품 완료|환불 완료|취소 완료
退货单|退单|退款单|退货订单|退款订单|销售退货|销售退货单|销退|销退单|退货入库|红字|红冲|冲红|冲销|红字发票
作废|已作废|无效|已失效|删除|已删除|支付失败|付款失败|未付款|待付款|等待买家付款|未支付|待支付
测试|测试订单|测试账号|测试用户|刷单|黑名单|注销|已注销
teilweise erstattet|zahlung fehlgeschlagen|stornorechnung|rechnungskorrektur|rücksendung|rückgabe|widerrufen
échoué|échouée|paiement échoué|paiement refusé|avoir|commande annulée|retour produit|retour client|en attente de paiement
pago fallido|fallido|fallida|devoluciones|nota de crédito|pedido cancelado|pedido anulado|pendiente de pago|pago pendiente
pagamento recusado|pagamento não autorizado|pedido cancelado|aguardando pagamento|falhou|malsucedido|nota de crédito
fallito|pagamento fallito|nota di credito|reso effettuato|in attesa di pagamento|retourzending|creditnota
nieudane|zwrócony|zwrócona|zwrot środków|odrzucone|не оплачено|отклонён|отклонен|отклонено|возвращено|отменён покупателем|ödeme başarısız
başarısız|hoàn tiền|đã hủy đơn|giao hàng thất bại|thất bại|thanh toán thất bại|ยกเลิกแล้ว|คืนเงินแล้ว|คืนสินค้า|ล้มเหลว|gagal|pembayaran gagal
peruutettu|palautettu|annullerad|återbetald|annulleret|refunderet|kansellert|refundert|storniran|stornováno|zrušeno|vráceno|törölve
storniert|storno|stornierung|erstattet|erstattung|rückerstattet|gutschrift|retoure|retourniert|zurückgegeben
zurückgesendet|abgebrochen|gelöscht|unbezahlt|testbestellung|fehlgeschlagen|abgelehnt|ungültig
annulé|annulée|annulation|remboursé|remboursée|remboursement|retourné|retournée|supprimé|supprimée|impayé|impayée
cancelado|cancelada|anulado|anulada|reembolsado|reembolsada|reembolso|devuelto|devuelta|devolución|eliminado
rechazado|impagado|estornado|estorno|devolvido|devolvida|devolução|excluído|recusado
annullato|annullata|rimborsato|rimborsata|rimborso|reso|stornato|eliminato|rifiutato
geannuleerd|terugbetaald|geretourneerd|verwijderd|mislukt|anulowane|anulowany|anulowana|zwrócone|zwrot|usunięty
отменен|отменён|отменено|отмена|возврат|возвращен|возвращён|удален|удалён|не оплачен|iptal|iptal edildi|iade|iade edildi
キャンセル|キャンセル済み|返品|返品済み|返金|返金済み|取消|未払い|テスト|취소|취소완료|주문취소|결제취소|환불|환불완료|반품|반품완료
失败|发送失败|送达失败|推送失败|傳送失敗|發送失敗|配信失敗|送信失敗|送信エラー|配信エラー|不達|未配信|실패|발송실패|발송 실패|전송실패|수신실패
undelivered|undeliverable|undeliv|rejectd|not delivered|delivery failed|send failed|sending failed|bounce|bounced|hard bounce|soft bounce
hard bounced|soft bounced|hardbounce|softbounce|nicht zugestellt|unzustellbar|non distribué|échec|échec d'envoi|erreur de paiement|no entregado
não entregue|rebotado|non consegnato|niedostarczone|не доставлено|ошибка|iletilemedi|teslim edilemedi|gagal terkirim|không gửi được|ส่งไม่สำเร็จ
belum bayar|belum dibayar|menunggu pembayaran|chưa thanh toán|chờ thanh toán|ยังไม่ชำระ|ยังไม่ชำระเงิน|รอชำระเงิน|ที่ต้องชำระ|支払い待ち|支払待ち|未決済|未支払
決済待ち|미입금|결제대기|결제 대기|ödeme bekleniyor|ödenmedi|nieopłacone|oczekuje na płatność|ожидает оплаты|obetald|ubetalt|onbetaald|wacht op betaling
부분취소|부분 취소|부분환불|부분 환불|부분반품|차단|차단됨|탈퇴|탈퇴완료|退会|退会済|退会済み|解約|解約済|已拉黑|拉黑|已冻结|已删除好友
makulerad|makulerat|makuleret|ακυρώθηκε|ακυρωμένη|ακυρωμένο|επιστροφή χρημάτων|επιστράφηκε|survey preview|survey test|general authorization
拒签退回|维权完成|维权成功|已维权|审核不通过|审核未通过|审核失败|已驳回|出库终止|출고중지|출고중지완료|출고중지 완료|발송취소|withdrawn
삭제|미결제|테스트|đã hủy|đã hoàn tiền|trả hàng|ยกเลิก|คืนเงิน|dibatalkan|dikembalikan|ملغي|ملغى|مسترد
""")
"""Words that say so in every column."""

_START: Final = re.compile(
    r"(?:order |payment |trade |fully |partially |partly |auto |system |user |buyer |seller "
    r"|customer )?(?:refunded|cancell?ed|voided|chargeback|charged back)\b.{0,40}"
)
_NO: Final = re.compile(r"[:=] ?(?:no|none|never|false|0)$")
_WITHIN: Final = re.compile(
    "(?<![未无沒没不非])(?:已取消|交易关闭|订单关闭|退款成功|退款完成|已退款|已全额退款|已退货|已作废)"
)
_SHOP: Final = re.compile("^(?:wc|order|status|state) ")
"""What WooCommerce and others write before each of their words."""
_TEST: Final = words_in("test|tests|testing|dummy|qa|sandbox|development")
_LIVE: Final = words_in("live|prod|production|real|normal|正式|regular")
_TESTED: Final = frozenset(
    ["type", "status", "mode", "env", "environment", "kind", "flag", "order", "account", "user"]
)
_RETURN: Final = words_in("return|returns|rma")
_NAMED: Final = (
    _WORDS
    | _RETURN
    | words_in(
        "test|tests|dispute|disputes|requested|issued|retour|zwrotu|anulowano|возврата|returnerad|pengembalian|hoàn|hủy|يسترد"
    )
)
"""Words of which others say that there was none."""
_SALE: Final = words_in("sale|sales|sold|purchase|order|orders|exchange|invoice|buy|charge|payment")

_ENVIRONMENT: Final = re.compile("(?i)(?:^|[_ ])env(?:$|[_ ])|environment|环境|環境|환경")
_STAGED: Final = words_in(
    "stg|stage|staging|uat|dev|develop|debug|preprod|pre|预发|预发布|ステージング|検証|스테이징"
)
_DEPLOYED: Final = words_in("prod|prd|production|生产环境|线上|本番|release")
"""What programs call the copies of themselves that nobody uses, and the one that people use."""

_NOT_SOLD: Final = words_in(
    "样品|样品单|样品订单|样品寄样|赠品|赠品订单|赠送|买赠|储值|充值|储值充值|会员充值|余额充值|储值卡充值|サンプル|無料サンプル|景品|샘플|사은품|증정품"
)
_SOLD: Final = words_in(
    "消费|购买|销售|销售单|销售订单|正常|正常订单|普通|普通订单|商品|正品|主商品|普通商品|支付|通常|通常注文|商品購入|일반|일반주문|상품"
)
"""Samples, gifts and money that is paid in ahead, and what stands beside them in a column of kinds."""

_OFF: Final = words_in(
    "禁用|已禁用|停用|已停用|封禁|已封禁|封号|已封号|利用停止|停止中|無効|이용정지|정지|휴면|휴면회원|deactivated|terminated|suspended|banned"
)
_ACCOUNT: Final = re.compile(
    "(?i)(?:[账帐]号|[账帐]户|用户|会员|客户|顾客|アカウント|会員|顧客|회원|계정|고객|account|user|member|customer)?[ _]?"
    "(?:状态|状態|ステータス|상태|status)"
)
"""Names of columns that say whether an account is in use; campaigns and products have others."""

_REASON: Final = re.compile(
    r"(?i)(?:取消|关闭|退款|退货|拒签|拒收|作废|注销|删除)的?(?:原因|理由)"
    r"|(?:^|[ _])(?:cancel(?:l?ation|led)?|refund|return|void|chargeback|rejection|reject)[ _-]?reason"
    r"|(?:キャンセル|取消|返品|返金|退会|解約)(?:理由|事由)|(?:취소|환불|반품|탈퇴|해지) ?사유|storno(?:ierungs)?grund|retourengrund"
    r"|motif[ _](?:d['’ _]|de[ _])?(?:annulation|remboursement|retour)|motivo[ _](?:d[eao][ _])?(?:cancel|anula|devol|reemb|reso|rimborso)"
)
_NO_REASON: Final = re.compile(
    "(?:订单|交易)?[未没無无](?:关闭|取消|退款|退货|有)?|not (?:cancell?ed|closed|refunded|returned)"
)
"""Taobao writes 订单未关闭 where nothing was closed."""

_END: Final = re.compile(
    r"(?i)(?:(?:dw|etl|scd|row|rec|record|version|eff|effective|t)[_ ]?)?end[_ ]?(?:date|dt|time|ts|dttm)|(?:eff|effective|row)_to"
)
_OPEN: Final = re.compile(r"(?:9999|2999|4712)[-/]?12[-/]?(?:30|31)(?:[ T].*)?")
_ENDED: Final = re.compile(r"[0-9]{4}[-/]?[0-9]{2}[-/]?[0-9]{2}(?:[ T].*)?")
"""Dates at which a version of a row ended, and the one of versions that hold (a slowly changing dimension)."""

_CHANGES: Final = frozenset(
    """
    op operation optype cdcoperation changetype dmltype rowkind cdctype cdcop dml odsop operationtype
    """.split()  # noqa: SIM905
)
_CODES: Final = words_in("""
c|u|r|d|i|insert|update|delete|+i|-u|+u|-d|ui|ub|upsert|read|create|truncate|update_before|update_after
update_preimage|update_postimage|1|2|3|4|snapshot
""")
_GONE: Final = words_in("d|-d|-u|ub|delete|truncate|update_before|update_preimage")

_BILLS: Final = frozenset(
    ["fkart", "billingtype", "billingdocumenttype", "fakturaart", "invoicetype"]
)
_INVOICES: Final = words_in("inv|invoice|invoices")
_MEMOS: Final = words_in("cm|crm|crmemo|cr memo")
"""Short for credit memos, beside invoices: alone they are lengths and programs."""
_GATEWAYS: Final = frozenset(["payment", "gateway", "gateways", "zahlungsart", "支付方式"])
_NO_GATEWAY: Final = re.compile(r"(?:for testing\)? )?bogus(?: gateway)?|test(?: gateway)?")
"""Shopify's gateway for tests, in a column of how people paid."""
_INSIDE: Final = words_in("internal|developer")
"""What Google Analytics calls the traffic of one's own people, in its column of traffic types."""
_OF_SAP: Final = frozenset(["f1", "f2", "f5", "f8", "fv", "zf2"])
_CREDITS: Final = frozenset(["g2", "re", "s1", "ig", "zg2", "zre"])
"""SAP's kinds of invoices, and of credit memos and cancellations, whose amounts are positive."""

STAMPS: Final = (
    r"^.*(?:deleted|cancell?ed|refund(?:ed)?|cancell?ation|voided|reversed|returned|chargeback"
    r"|disputed)[ _-]?(?:at|on|time|date|datetime|timestamp|ts|amount|amt|value|total)(?:[ _-].*)?$"
    r"|^(?:amount|amt|total|value)[ _-]?(?:of[ _-])?refund(?:ed|s)?$"
    r"|^(?:订单|交易)?(?:退款|退货|取消|删除|作废|注销|关闭|撤销)(?:成功|完成)?(?:时间|日期|金额|总额)|退款金额"
    r"|^(?:order[ _-]?)?cancel[ _-]?(?:time|date|datetime|timestamp|dt|ts)$"
    r"|^(?:注文)?(?:取消|キャンセル|返品|返金|退会|解約|削除)(?:完了|済み?)?(?:日時?|日付|年月日|時刻|金額|額)$"
    r"|^(?:주문|결제)? ?(?:취소|환불|반품|탈퇴|해지|삭제) ?(?:완료)? ?(?:일시?|일자|시간|날짜|금액|액)$"
    r"|^storno[ _-]?(?:datum|zeitpunkt|zeit|betrag|am)$|^(?:storniert|erstattet|gelöscht)[ _]am$"
    r"|^date[ _](?:d['’ _]|de[ _])?(?:annulation|remboursement)$|^(?:annulée?|remboursée?)[ _]le$"
    r"|^(?:fecha|data)[ _](?:d[eaoi][ _])?(?:cancel|anula|annull|devol|reemb|rimborso|estorno|baja)[^\W_]*$"
    r"|^dbt_valid_to$|^__end_at$|^stblg$"
)
"""Names of columns of which it says so that a cell has a time, or an amount, in it."""

FIRST: Final = (
    r"stat|delet|cancel|refund|return|void|^_*op|operation|change.?type|row.?kind|type|measure|metric|kpi"
    r"|event|curr|unit|test|valid|flag|flg|yn$|dr$|storno|result|payment|gateway|attribution|shkzg|haben|debit|收.?支|借|状态|类型|指标|度量|单位|币|退|取消|关闭|reason|删除|测试|有效|事件|状態|結果|结果|ステータス|フラグ|削除|キャンセル|返品|상태|결과|여부|취소|탈퇴|삭제"
)
"""Names of columns that are looked at before others, where there are many."""


def undone(name: str, values: Collection[str]) -> list[str]:
    """Return those values of a column that say of their row that it was undone, or never was.

    ``name`` is the column's, ``values`` are all that stand in it.
    """
    plain = {value: " ".join(folded(re.sub("[_-]", " ", value)).split()) for value in values}
    coded = {value: value.strip().casefold() for value in values}
    named, called = words_of(name), joined(name)
    all_of = set(plain.values())
    changes = called in _CHANGES and {code for code in coded.values() if code} <= _CODES
    if changes or (called in _BILLS and set(coded.values()) & _OF_SAP):
        return [value for value, code in coded.items() if code in (_GONE if changes else _CREDITS)]
    said = {one for one in all_of if _says(one)} | unfinished(all_of)
    said |= {one for one in all_of if within(one, _WORDS)} if is_status(name) else set()
    said |= _TEST & all_of if named & _TESTED or all_of & _LIVE else set()
    said |= _RETURN & all_of if all_of & _SALE else set()
    said |= _STAGED & all_of if _ENVIRONMENT.search(name) or all_of & _DEPLOYED else set()
    said |= _NOT_SOLD & all_of if all_of & _SOLD else set()
    said |= _OFF & all_of if _ACCOUNT.fullmatch(name) else set()
    said |= {"不计收支"} & all_of if len(all_of & {"收入", "支出"}) == 1 else set()
    said |= _MEMOS & all_of if all_of & _INVOICES else set()
    said |= {one for one in all_of if _NO_GATEWAY.fullmatch(one)} if named & _GATEWAYS else set()
    said -= {"已关闭"} if "未关闭" in all_of else set()  # Kingdee's bills are, once delivered
    said |= _INSIDE & all_of if called.endswith("traffictype") else set()
    if said:
        return [value for value, one in plain.items() if one in said]
    return (
        _reasons(name, plain)
        or _versions(name, coded)
        or [value for value in raised(name, values) if not denied(plain[value], _NAMED)]
    )


def _reasons(name: str, plain: Mapping[str, str]) -> list[str]:
    """Return the values of a column of reasons for an undoing, if some rows have none."""
    none = {one for one in plain.values() if no_label(one) or not one or _NO_REASON.fullmatch(one)}
    found = _REASON.search(name) and none
    return [value for value, one in plain.items() if one not in none] if found else []


def _versions(name: str, coded: Mapping[str, str]) -> list[str]:
    """Return the ends of versions of a row, if a day far ahead stands for those that hold."""
    ended = [value for value, one in coded.items() if one and not _OPEN.fullmatch(one)]
    filled = sum(map(bool, coded.values()))
    dates = _END.fullmatch(name) and len(ended) < filled
    return ended if dates and all(_ENDED.fullmatch(coded[one]) for one in ended) else []


def _says(word: str) -> bool:
    if {word, _SHOP.sub("", word)} & _WORDS:
        return True
    said = _START.fullmatch(word) and not _NO.search(word)
    return bool(said) or (_WITHIN.search(word) is not None and not denied(word, _NAMED))
