"""Read a label as a person does who looks at it."""

from __future__ import annotations

import re
import unicodedata
from codecs import getincrementaldecoder

from cleanroom.isolated.signs import BLANKS, JOINERS, UNSEEN

UNKNOWN_LABEL = "unknown"
"""The label of a row whose label cell is empty."""

LABEL_LENGTH = 128
"""Most characters of a label's value."""

# Capitals and small letters that most typefaces draw like Latin ones (Unicode TS 39, intentional).
LATIN = str.maketrans(
    "АВЕКМНОРСТХІЈЅҺаеорсухіјѕһΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
    "ABEKMHOPCTXIJSHaeopcyxijshABEZHIKMNOPTYXo",
)

# Traditional signs that names of tiers, places, products and the like have (Unihan,
# kSimplifiedVariant).
_TRADITIONAL = (
    "會員積點級銀鑽藍紅綠黃貴賓專屬優選長齡歲學歷業務職廠場體驗電視頻網絡購買賣單價錢幣費貨貸"
    "帳戶賬號碼機構組織團隊東廣陝遼寧龍蘇滬閩臺灣門關華國內雲慶漢煙濟陽陰鄭瀋連開鎮縣鄉區園圍"
    "際線邊島嶼個們這來過時間後從對應產農漁礦製鐵鋼車輛飛輪運輸傳遞郵遠離還進達適兒嬰親媽爺師"
    "醫藥療護衛養營寵貓鳥魚馬麗髮裝飾襪褲襯無請說話語詞記認識讀寫書畫圖報紙筆譯課題問訊詢訂閱"
    "評論讚註冊銷毀釋簡樣標準類別種項頁頂預領頭顯願須順額風飯飲館熱涼溫濕氣燈爐竈煩燒災煉見觀"
    "規覽覺計討訓託訪設許證詐詳誠誤調談諮謝謹譽變讓豐財責貪貧貫貯貼貿賀資賞賠賢質賴賺贈贊贏輕"
    "載輔輯轉轎銅鋁錄錶鍊鍋鎖鏡鐘鑑針釣鈔鈴鉅閃閉閒閘閣陳陸階險隱隨雜雙雞難霧靈靜響顧餘駕騎驚"
    "驅騙鬆鬥魯鮮鳳鴻鴨鵝鹽麥麵黨齊齒亞傑備債傷僅儀億儲償兩劃創劇劉劍動勝勞勢勳協參發嘆啟喪嗎"
    "嘗嚴圓執塊壓壞壯處夢奪奮婦嬌孫寶實審將尋導層岡峽嶺帥幫幹廟廳張強彈彎徑復態慣慮憂憶戀戰掃"
    "揚換損搖擇擊擔據擴擾攝敗敵數斷於晉曉條楊極槍樂樓樹橋檔檢欄權歡殘殺決況淚淨減測渾湯溝滅滿"
    "漲潔潛濃灑為烏爭爾牆狀獎獨獲現環畝畢異當瘋盜盡監盤眾睜磚禮禍稱穩窮竄競節範築籃糧糾紀約紛"
    "終結絕統絲經維緊練總績繞續罰罷聖聞聯聲聽肅脫膚膠臉臨與興舉舊艙藝蒼蓋蘭虛蟲補複緩編縮繳納"
    "紋紡細紹給綜緒緯縫繼"
)
_SIMPLIFIED = (
    "会员积点级银钻蓝红绿黄贵宾专属优选长龄岁学历业务职厂场体验电视频网络购买卖单价钱币费货贷"
    "帐户账号码机构组织团队东广陕辽宁龙苏沪闽台湾门关华国内云庆汉烟济阳阴郑沈连开镇县乡区园围"
    "际线边岛屿个们这来过时间后从对应产农渔矿制铁钢车辆飞轮运输传递邮远离还进达适儿婴亲妈爷师"
    "医药疗护卫养营宠猫鸟鱼马丽发装饰袜裤衬无请说话语词记认识读写书画图报纸笔译课题问讯询订阅"
    "评论赞注册销毁释简样标准类别种项页顶预领头显愿须顺额风饭饮馆热凉温湿气灯炉灶烦烧灾炼见观"
    "规览觉计讨训托访设许证诈详诚误调谈咨谢谨誉变让丰财责贪贫贯贮贴贸贺资赏赔贤质赖赚赠赞赢轻"
    "载辅辑转轿铜铝录表炼锅锁镜钟鉴针钓钞铃巨闪闭闲闸阁陈陆阶险隐随杂双鸡难雾灵静响顾余驾骑惊"
    "驱骗松斗鲁鲜凤鸿鸭鹅盐麦面党齐齿亚杰备债伤仅仪亿储偿两划创剧刘剑动胜劳势勋协参发叹启丧吗"
    "尝严圆执块压坏壮处梦夺奋妇娇孙宝实审将寻导层冈峡岭帅帮干庙厅张强弹弯径复态惯虑忧忆恋战扫"
    "扬换损摇择击担据扩扰摄败敌数断于晋晓条杨极枪乐楼树桥档检栏权欢残杀决况泪净减测浑汤沟灭满"
    "涨洁潜浓洒为乌争尔墙状奖独获现环亩毕异当疯盗尽监盘众睁砖礼祸称稳穷窜竞节范筑篮粮纠纪约纷"
    "终结绝统丝经维紧练总绩绕续罚罢圣闻联声听肃脱肤胶脸临与兴举旧舱艺苍盖兰虚虫补复缓编缩缴纳"
    "纹纺细绍给综绪纬缝继"
)
SIMPLIFIED = str.maketrans(_TRADITIONAL, _SIMPLIFIED)
"""Han signs that are written in two ways, each with the simplified one."""

_SEEN = dict.fromkeys(BLANKS, " ") | dict.fromkeys(UNSEEN | JOINERS)
"""Without joiners too: no label differs from another by what nobody sees."""

_LOST = re.compile("\ufffd|\u951f\u65a4\u62f7")
"""What is left of letters that are lost: U+FFFD, and its bytes read as GBK."""
_ASKED = re.compile(r"\?\?|[^\W\d_]\?[^\W\d_]|^\?[^\W\d_]")
_LATIN_GBK = re.compile("[\u00a1-\u00ff]{4}")

WESTERN = ("cp1252", "latin-1")
_ENCODINGS = (
    *WESTERN,
    *("gbk", "cp932", "big5", "cp949", "mac_roman", "cp1250", "cp1251", "cp437", "cp866"),
)
"""In which programs read a file that does not say that it is UTF-8."""
_WITHIN = re.compile("[A-Za-z][\u4e00-\u9fff][a-z]")

_FORMULA = re.compile(r'=\s*"([^"]*)"')


def as_seen(cell: str) -> str:
    """Return a label as a reader sees it: every kind of blank is one, what is unseen is gone.

    Letters are composed (Unicode NFC), and ``="gold"`` is how shops keep a spreadsheet from
    changing ``gold``; WeChat Pay writes a backquote before it.
    """
    seen = unicodedata.normalize("NFC", cell.translate(_SEEN)).strip()
    if seen.count("`") == 1 and seen[0] == "`":
        seen = seen[1:].strip()
    formula = _FORMULA.fullmatch(seen)
    return formula[1].strip() if formula else seen


def meant(text: str, encodings: tuple[str, ...] = ()) -> str:
    """Return what a text was before its UTF-8 was read as something else: ``MÃ¼nchen``, ``涓婃捣``.

    Empty if it is no such text.  ``encodings`` are the ones tried, by default all that programs
    take a file to be in.
    """
    # A last byte without its other half is written as a question mark.
    whole = text.rstrip("?")
    for encoding in (encodings or _ENCODINGS) if not text.isascii() else ():
        try:
            found = getincrementaldecoder("utf-8")().decode(whole.encode(encoding), whole == text)
        except UnicodeError:
            continue
        if encoding in WESTERN or _is_likely(whole, found):
            return found if not found.isascii() else ""
    return ""


def _is_likely(read: str, found: str) -> bool:
    """Tell whether what comes of a text is hardly chance, as of two letters it may be."""
    letters = [sign for sign in found if not sign.isascii()]
    european = all("À" <= sign <= "ſ" for sign in letters)
    if len(found) == len(read):
        return european and _WITHIN.search(read) is not None
    return len(letters) > 1 or (european and found.isupper() == read.isupper())


def damaged(text: str) -> bool:
    """Tell whether letters of a label were lost or changed when it was converted."""
    return lost(text) or _LATIN_GBK.search(text) is not None or meant(text) != ""


def spoilt(text: str) -> bool:
    """Tell whether a word is damaged, or has question marks where its letters were."""
    return _ASKED.search(text) is not None or damaged(text)


def lost(text: str) -> bool:
    """Tell whether letters of a text were lost for ever, so that several texts became this one."""
    return _LOST.search(text) is not None


def misread(text: str) -> bool:
    """Tell whether a text that is not refused is hardly what its writer saw: ``浼氬憳1050``."""
    return damaged(text) and not lost(text) and not meant(text, WESTERN)
