# ruff: noqa: E501
"""List what somebody writes who has no number: why there is none, or who else it was."""

from __future__ import annotations

import re
from typing import Final

from cleanroom.ingest.identifiers.words import words_in

ANYBODY: Final = re.compile(
    "(?:一次性|默认|電商|电商|线上|線上|线下|線下|网络|網路|网店|其他|其它|个人|個人|待定|零售|散|临时|臨時|虚拟|虛擬|公共|公用|现金|現金|门店|門市"
    "|匿名|无名|無名|通用|未知|普通|一般|新|陌生|过路|路过|到店|进店|平台|微信|支付宝|抖音|快手|淘宝|天猫|京东|拼多多|美团|饿了么|小红书|小程序)"
    "(?:类|類)?(?:客户|客戶|顾客|顧客|客人|会员|會員|散客|散户|买家|買家|用户|用戶|消费者|消費者)"
)
"""Whom programs of trade book sales to that nobody is named in."""

NOT_GIVEN = words_in("""
微信用户|微信用戶|支付宝用户|抖音用户|默认客户|默认会员|同上|略|待定|待补|待填|新客户|新客戶|新顾客|新会员
线下客户|線下客戶|线下散客|线下顾客|普通客户|普通顾客|其他客户|其它客户|陌生客户|到店客户|进店客户|路过客户
客户未留|顾客未留|客人未留|客户没留|客户不留|客户未提供|顾客未提供|客户未填|未留|没留|未留电话|未留手机|未留手机号
没留电话|未留会员号|拒绝提供|拒絕提供|拒绝透露|拒絕透露|拒绝填写|拒绝登记|不愿透露|不願透露|不愿提供|不願提供|不便透露|不方便透露
不便提供|未登记|未登記|没登记|沒登記|无登记|未告知|未说明|没填|未录入|未采集|未收集|未办卡|未带卡|没带卡|忘带卡|无卡|没卡
无会员|无会员号|無會員號|无会员卡|没有会员号|没会员|没有会员|无号码|无编号|无电话|无姓名|没电话|没号码|信息缺失|暂无信息
未登録|未記入|記入なし|記載なし|登録なし|会員番号なし|番号なし|新規客|新規顧客|無回答|未回答|入力なし|情報なし
미등록|미입력|미기재|무응답|해당없음|해당 없음|정보없음|정보 없음|번호없음|신규고객|신규 고객
same as above|as above|see above|not given|not recorded|not registered|not known|not disclosed|not stated
no id|no number|no member|no member number|no membership|no card|no name|no customer|no info|no information
no answer|refused to provide|declined to provide|declined to answer|prefer not to say|prefer not to answer
new customer|offline customer|unknown customer|unknown member|unknown guest|non member|non-member|nonmember
unregistered|not a member|walk-in guest|default customer|one-time customer|to be confirmed|to be determined
nicht angegeben|nicht bekannt|nicht vorhanden|nicht erfasst|ohne angabe|ohne kundennummer|keine kundennummer
keine nummer|kein kunde|unbekannter kunde|neukunde|siehe oben|wie oben|einmalkunde
non renseigné|non renseigne|non communiqué|non communique|non précisé|pas de numéro|sans numéro|client inconnu
client anonyme|nouveau client|voir ci-dessus|no informado|no indicado|no proporcionado|no registrado|sin datos
sin nombre|sin número|sin numero|sin registro|cliente anónimo|cliente desconocido|cliente nuevo|no aplica
non disponibile|non indicato|non fornito|non specificato|nessuno|senza numero|cliente sconosciuto
cliente occasionale|nuovo cliente|não informado|nao informado|não cadastrado|nao cadastrado|não identificado
nao identificado|sem cadastro|sem dados|sem número|sem numero|não se aplica|novo cliente|nenhum
onbekend|niet bekend|niet opgegeven|niet ingevuld|geen nummer|geen|losse klant|nieuwe klant
brak|brak danych|nie podano|nieznany|klient detaliczny|klient anonimowy|nowy klient|nie dotyczy
нет данных|не указан|не указана|розничный покупатель|частное лицо|физическое лицо|новый клиент|без номера
yok|bilinmiyor|belirtilmemiş|perakende müşteri|yeni müşteri|okänd|saknas|ej angivet|ukendt|ukjent|ikke oplyst
ikke oppgitt|kontantkund|ny kund|ny kunde|khách lẻ|khách vãng lai|không có|không rõ|chưa có|khách mới
ไม่มี|ไม่ระบุ|ไม่ทราบ|ลูกค้าทั่วไป|tidak ada|tidak diketahui|pelanggan umum|tanpa nama
غير معروف|لا يوجد|غير محدد|عميل نقدي
""")
