# ruff: noqa: E501
"""Say which e-mail addresses are typed where a customer gives none: words for nobody, and runs.

Domains that nobody has are those of RFC 2606, RFC 6761 and ICANN's list of reserved names, and
those of codes that ISO 3166 leaves to its users.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from string import ascii_lowercase
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.people import Integers
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = Deferred("pyarrow"), Deferred("pyarrow.compute")

_NO = (
    "no|non|not|none|without|haveno|hasno|donthave|nothave|doesnothave|notgiven|novalid|kein|keine|ohne|hatkeine"
    "|sans|pasde|pasd|aucun|aucune|sin|notengo|notiene|nohay|ningun|senza|nessuna|nonha|sem|naotem|naopossui|nenhum"
    "|bez|brak|nema|geen|zonder|ingen|utan|uden|uten|tidakada|tanpa|khongco|meiyou|zanwu"
)
_MAIL = (
    "e?mails?|e?-mails?|e?mail-?add?res+e?|add?res+e?|correo|courriel|eposta|epost|posta|youxiang"
)
_NO_MAIL = (
    rf"(?:{_NO.replace('|', '[-._]?|')}[-._]?)(?:{_MAIL})|(?:e?mail|eposta)[-._]?yok|wuyouxiang"
    "|(?:no|donot|do-not|do\\.not|do_not)[-._]?reply"
)
"""No mail, in the words of some fifteen languages, and mailboxes that nobody reads."""

_NOBODY = (
    "none|nil|null|na|nan|nope|nothing|nobody|noone|noname|unknown|anon|anonymous|anonymus|invalid|empty|blank|missing"
    "|fake|dummy|sample|example|demo|test|tests|tester|testing|guest|visitor|customer|customers|client|clients|user"
    "|username|walkin|walk-in|cash|notavailable|notprovided|notgiven|refused|declined|placeholder|default|someone"
    "|somebody|xyz|foo|bar|foobar|no|kein|keine|keiner|ohne|nichts|niemand|leer|unbekannt|anonym|kunde|kunden|gast"
    "|laufkunde|barverkauf|sans|aucun|aucune|rien|vide|inconnu|anonyme|invite|essai|sin|ninguno|ninguna|nadie|nada"
    "|vacio|desconocido|anonimo|cliente|clientes|prueba|invitado|nessuno|nessuna|niente|vuoto|sconosciuto|ospite"
    "|prova|clienti|sem|nenhum|nenhuma|ninguem|vazio|desconhecido|teste|brak|niema|nieznany|klient|geen|onbekend"
    "|leeg|klant|ingen|inget|okand|ukendt|ukjent|kund|asiakas|yok|bos|bilinmiyor|musteri|net|neizvestno|wu|meiyou|zanwu"
    "|weizhi|wuming|kehu|nashi|khong|khongco|tidak|tidakada|kosong|无|無|没有|なし|없음|нет"
)
_KEYS = ("abcdefgh", "qwertyuiop", "qwertz", "azerty", "asdfghjkl", "yxcvb", "zxcvbnm")
_TYPED = "|".join(
    [
        *(f"{sign}{{3,}}" for sign in ascii_lowercase + "0123456789"),
        *("0{1,2}", "aa", "xx", "123123", "112233", "abc123", "test123", "a1b2c3"),
        *(row[:last] for row in ("123456789", "987654321") for last in range(3, 10)),
        *("0123456789"[:last] for last in range(4, 11)),
        *(row[:last] for row in _KEYS for last in range(3, len(row) + 1)),
    ]
)
"""One sign again and again, and signs in a row, of the alphabet or of a keyboard."""

_HOSTS = "domain|domaine|dominio|address|adresse|company|firma|business|website|server|host"
_MAILBOXES = (
    "qq|foxmail|163|126|139|yeah|sina|sohu|gmail|googlemail|naver|daum|hanmail|yahoo|hotmail|outlook|live|icloud|aol"
    "|gmx|web|orange|free|libero|yandex"
)
_OLD = "none|na|unknown|test|a|aa|aaa|x|xx|xxx|null|keine|anonymous|guest|asd|asdf"
"""Words that are no name at mail.com and its like either, which are providers."""

_NO_END = (
    "test|tst|invalid|local|localhost|localdomain|example|alt|internal|intranet|home|corp|lan|private|mail|tld|domain|none"
    "|null|nil|nomail|noemail|fake|dummy|sample|unknown|nope|nowhere|asd|asdf|qwe|qwerty|aa|q[m-z]|x[a-jl-z]|zz"
    f"|{'|'.join(f'{sign}{{3,}}' for sign in ascii_lowercase if sign not in 'aox')}|xxxx+|aaaa+|oooo+"
)

DOMAINS = rf"@(?:.+\.)?(?:(?:{_NO_MAIL}|invalid|example|nowhere|notreal|fakee?mail)\.[a-z.]+|[^@]+\.(?:{_NO_END}))$"
"""Ends of addresses of nobody, if few in a file have them: else it is made up altogether."""

SURE = rf"^(?:(?:{_NO_MAIL})[0-9]{{0,6}}@.+|(?:{_NOBODY})@(?:{'|'.join(one for one in _NOBODY.split('|') if len(one) > 2)})\.[a-z.]+)$"
"""Addresses that are nobody's, of which one is enough."""

LIKELY = (
    rf"^(?:(?:{_NOBODY}|{_TYPED}|[a-z0-9])@(?:{_NOBODY}|{_TYPED}|[a-z0-9]|{_HOSTS})\.[a-z.]+"
    rf"|(?:{_OLD}|{_TYPED})@e?mail\.[a-z.]+|(?:{_TYPED})@(?:{_MAILBOXES})\.[a-z.]+)$"
)
"""Addresses that are hardly somebody's."""

_ALIKE = r"^(?P<name>[^@]+)@(?P<host>[^.@]+)\."
_WORDS = rf"^(?:{_NOBODY})[0-9]{{0,3}}@"
_SHORT = 4
_ROWS = {"short": (3, 2.0), "word": (3, 3.0), "long": (5, 5.0)}
"""Rows from which on an address is told whose name is its domain's, or a word; and how many times
the usual number that is.  A firm's mailbox may well have the firm's name."""


def much_used(addresses: pa.Array, rows: Integers, usual: float) -> npt.NDArray[np.bool_]:
    """Mark the addresses of many rows that have a word for nobody, or one name on both sides.

    ``rows`` has the rows of each, ``usual`` is how many an address has.
    """
    marked = np.zeros(len(addresses), dtype=np.bool_)
    places = np.flatnonzero(rows >= max(_ROWS["short"][0], _ROWS["short"][1] * usual))
    if not len(places):
        return marked
    some = addresses.take(pa.array(places))
    parts = pc.extract_regex(some, _ALIKE)
    name, host = (pc.fill_null(pc.struct_field(parts, one), "") for one in ("name", "host"))
    equal = pc.and_(pc.equal(name, host), pc.not_equal(name, ""))
    short = pc.and_(equal, pc.less_equal(pc.utf8_length(name), _SHORT))
    found = {"short": short, "long": equal, "word": pc.match_substring_regex(some, _WORDS)}
    for kind, marks in found.items():
        fewest, times = _ROWS[kind]
        enough = rows[places] >= max(fewest, times * usual)
        marked[places[marks.to_numpy(zero_copy_only=False) & enough]] = True
    return marked


_ENDS = ("com", "cn", "com.cn", "net", "org", "de", "fr", "es", "it", "co.uk", "co.jp", "co.kr")
"""Where the digests of made-up addresses are looked for; in the plain all are."""
_NO_MAILS = "nomail|no-mail|noemail|noe-mail|no-email|no-e-mail|noreply|no-reply|keinemail|sansemail|sinemail"


def made_up() -> Iterator[str]:
    """Yield made-up addresses whose digests are known."""
    typed = {re.sub(r"(.)[{]3,[}]", lambda found: found[1] * 3, one) for one in _TYPED.split("|")}
    typed |= {digit * size for digit in "0123456789" for size in range(1, 9)} - {"0{1,2}"}
    typed |= {*ascii_lowercase}
    words, nomail = _NOBODY.split("|"), _NO_MAILS.split("|")
    hosts = ["mail", "email", "example", "test", "none", *_HOSTS.split("|")]
    own = ((one, one) for one in [*words, *nomail, *typed])
    yield from (
        f"{name}@{host}.{end}"
        for name, host in [*product([*words, *nomail], [*hosts, *nomail[:2]]), *own]
        for end in _ENDS
    )
    boxes = [f"{host}.com" for host in _MAILBOXES.split("|")]
    boxes += [f"{host}.{end}" for host in ("mail", "email") for end in _ENDS]
    boxes += [
        "sina.cn",
        "gmx.de",
        "web.de",
        "free.fr",
        "orange.fr",
        "libero.it",
        "yandex.ru",
        "naver.net",
    ]
    yield from (f"{name}@{host}" for name, host in product([*typed, *nomail], boxes))
    yield from (f"{one}{two}@{one}{two}.com" for one, two in product(ascii_lowercase, repeat=2))
