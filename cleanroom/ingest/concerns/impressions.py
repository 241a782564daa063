# ruff: noqa: E501
"""Recognise, by a column's name, how many impressions, clicks or views a row stands for.

A name is a word for them and, around it, words for a number: ``Jumlah Tayangan``, ``展现次数``.
"""

from __future__ import annotations

import re
from typing import Final

from cleanroom.ingest.concerns.flags import folded
from cleanroom.ingest.identifiers.words import words_in

_NUMBERS: Final = words_in("""
number of|no of|no|num|numero de|número de|nº de|numero di|nombre de|nombre d|liczba|кол во|количество|число|anzahl|anzahl der|aantal
antal|antall|počet|sayısı|jumlah|jml|bilangan|số lần|số lượt|số lượng|số|lượt|count of|count|counts|cnt|sum of|total|total de|totale|gesamt
ad|ads|link|iklan
""")
"""Words for a number, or for an advertisement, with a blank between them and others."""
_JOINED: Final = words_in(
    "次数|回数|总数|總數|數|数|量|횟수|건수|수|จำนวนครั้งที่|จำนวน|จํานวนครั้งที่|จํานวน|広告|广告|廣告|광고"
)
"""Such words of languages without blanks."""
_SEEN: Final = words_in("""
impression|impressions|imp|imps|click|clicks|view|views|exposure|exposures|pageview|pageviews|page views|plays|video views
impressionen|einblendungen|aufrufe|klick|klicks|seitenaufrufe|affichages|vues|clic|clics|impresiones|visualizaciones|reproducciones
impressões|visualizações|exibições|clique|cliques|visualizzazioni|impressioni|vertoningen|weergaven|kliks|impressies|visningar|visninger
exponeringar|eksponeringer|klikk|näytöt|näyttökerrat|klikkaukset|wyświetlenia|wyświetleń|kliknięcia|kliknięć|odsłony|zobrazení|kliknutí|prokliky
megjelenések|kattintások|показы|показов|клики|кликов|просмотры|просмотров|gösterim|gösterimler|tıklama|tıklamalar|görüntülenme
tayangan|impresi|tontonan|klik|hiển thị|lượt hiển thị|nhấp|nhấp chuột|lượt nhấp|lượt xem|xem|การแสดงผล|แสดงผล|คลิก|การคลิก|การดู|ยอดวิว|ครั้งที่แสดง
pv|vv|impr|show|shows|expo|play|曝光pv|展现pv|展示pv|点击pv|浏览pv|播放pv
曝光|展现|展示|点击|浏览|播放|展現|點擊|瀏覽|觀看|阅读|インプレッション|インプ|表示|広告表示|クリック|閲覧|再生|視聴|ビュー|노출|클릭|조회|재생|열람
""")
_BARE: Final = words_in(
    "show|shows|expo|play|view|click|exposure|xem|nhấp|การดู|曝光|展现|展示|点击|浏览|播放|展現|點擊|瀏覽|觀看|阅读|表示|閲覧|再生|視聴|clic|klick|klik|clique"
)
"""Words that without one for a number are as well the name of something else."""


_AROUND: Final = sorted(
    [*((one, " ") for one in _NUMBERS), *((one, "") for one in _JOINED)],
    key=lambda one: (-len(one[0]), one),
)


def counts_seen(name: str) -> bool:
    """Tell whether a column says how many times something was shown, clicked or viewed."""
    plain = " ".join(re.sub("[_(),.'’-]", " ", folded(_parted(name))).split())
    core, before = plain, ""
    while core != before:
        before = core
        for word, blank in _AROUND:
            core = core.removeprefix(word + blank).removesuffix(blank + word).strip()
    return core in _SEEN and (core != plain or core not in _BARE)


def _parted(name: str) -> str:
    """Return a name whose words in camel case have blanks between them."""
    return re.sub("(?<=[a-z])(?=[A-Z])", " ", name)
