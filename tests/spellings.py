# ruff: noqa: E501
"""Two hundred spellings of identifiers that exports produce, and what each profile makes of them.

A row is a spelling, its profile (and region), and the normal form, or ``None`` and a part of the
reason.  Every person here is made up.
"""

from __future__ import annotations

import base64
import hashlib

UID2, GOOGLE, META = "email:uid2:v1", "email:google:v1", "email:meta:v1"
E164, DIGITS, CN11 = "phone:e164:v1", "phone:digits:v1", "phone:cn11:v1"
IDFA, GAID, OAID, RAW = "idfa:v1", "gaid:v1", "oaid:v1", "raw:v1"
HASHED = "sha256:" + UID2
CN, US, DE, GB = "CN", "US", "DE", "GB"

Row = tuple[str, str, str | None, str | None, str]

WORD, ERROR, EMPTY = "word for no value", "error of a spreadsheet", "is empty"
MACRO = "should have filled in"
MASKED, POWER, FRACTION = "masked", "exponent", "with a fraction"
LETTERS, COUNTRY, MOBILE = "has letters", "of its country", "11-digit"
ADDRESS, ONE_AT, QUOTES = "valid e-mail", "exactly one @", "quotation mark"
DIGEST, DEVICE, NOTHING = "not a SHA-256", "device identifier", "digest of an empty value"
SHORTER = "a shorter digest"

A = hashlib.sha256(b"eva.sun@mail.cn")
HEX, B64 = A.hexdigest(), base64.b64encode(A.digest()).decode()
UUID = "3f2a51c8-77aa-4d0e-9b1f-0c6d2e8a4b70"
NIL = "00000000-0000-0000-0000-000000000000"
MOBILE_CN, PLUS = "13800138000", "+8613800138000"


def good(form: str, *spellings: tuple[str, str, str | None]) -> list[Row]:
    """Return rows of one person."""
    return [(text, profile, region, form, "") for text, profile, region in spellings]


def same(form: str, profile: str, region: str | None, *texts: str) -> list[Row]:
    """Return rows of one person under one profile."""
    return [(text, profile, region, form, "") for text in texts]


def bad(reason: str, profile: str, region: str | None, *texts: str) -> list[Row]:
    """Return rows that are nobody."""
    return [(text, profile, region, None, reason) for text in texts]


def _digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


SPELLINGS: dict[str, list[Row]] = {
    "Excel, WPS and other spreadsheets": [
        *same(PLUS, E164, CN, "13800138000.0", "13800138000.00", "'13800138000", "'+8613800138000"),
        *same(PLUS, E164, CN, '="13800138000"', '=" 13800138000 "', "8613800138000.0"),
        *same(MOBILE_CN, CN11, None, "13800138000.0", "'13800138000", '="13800138000"'),
        *same(MOBILE_CN, CN11, None, '"13800138000"', "\u201c13800138000\u201d", "' 13800138000"),
        *bad(POWER, E164, CN, "1.38E+10", "1.38001E+10", "1,38E+10", "1.38e10"),
        *bad(POWER, CN11, None, "1.38E+10", "1.38001380000E+10"),
        *bad(POWER, RAW, None, "1.3e+10", "1.3E+10", "1,3E+17", "2E+05"),
        *bad(FRACTION, E164, CN, "13800138000.5", "+86 13800138000.0"),
        *bad(COUNTRY, E164, CN, "1380013800.0"),
        *bad(MOBILE, CN11, None, "1380013800.0"),
        *bad("negative", E164, CN, "-13800137914"),
        *bad(MASKED, E164, CN, "13,800,138,000"),
        *bad(".0 after it", RAW, None, "1001.0", "1001.00", "1001,0"),
        *bad("commas", RAW, None, "1,001", "12,345,678"),
        *same("1001", RAW, None, "'1001", '="1001"', '"1001"', "\uff11\uff10\uff10\uff11"),
        *same("0001001", RAW, None, "0001001"),
        *bad(ERROR, RAW, None, "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#SPILL!"),
        *bad(ERROR, RAW, None, "########", "Err:502", "#WERT!"),
        *bad(WORD, RAW, None, "#N/A", "#NV", "#GETTING_DATA", "#\u041d/\u0414", "#N/B", "#YOK"),
        *bad(WORD, RAW, None, "(blank)", "(Leer)", "(vide)", "(en blanco)", "(vuoto)", "\uff08空白\uff09", "(tom)"),
        *bad(WORD, RAW, None, "(пусто)", "(em branco)", "(boş)", "(비어 있음)"),
        *same("Tom", RAW, None, "Tom"),
        *bad(ERROR, UID2, None, "#REF!", "\uff03REF\uff01"),
        *bad(ERROR, E164, CN, "#VALUE!"),
        *same("ann.lee@mail.cn", UID2, None, "'Ann.Lee@mail.cn", '="Ann.Lee@mail.cn"'),
        *bad("formula", RAW, None, "=A2", "=1001"),
    ],
    "pandas and NumPy": [
        *bad("list or a structure", RAW, None, '["1001"]', "['1001']", "('1001',)", '{"id": "1001"}'),
        *same("[1001]", RAW, None, "[1001]"),
        *bad(WORD, RAW, None, "NaN", "nan", "NaT", "None", "<NA>", "-nan", "inf", "1.#QNAN"),
        *bad(WORD, CN11, None, "nan", "NaT"),
        *bad(WORD, HASHED, None, "NaN", "None"),
        *bad(QUOTES, RAW, None, "b'1001'"),
        *bad(QUOTES, UID2, None, "b'ann.lee@mail.cn'"),
        *bad(ONE_AT, UID2, None, "1.0"),
        *bad(WORD, UID2, None, "True", "[]", "{}"),
        *same("+12025550123", E164, US, "2025550123.0", "12025550123.0"),
        *same("919876543210", DIGITS, "IN", "9876543210.0"),
    ],
    "BigQuery, SQL and analytics": [
        *bad(WORD, RAW, None, "@NULL@", "$null$", "%NULL%", "\\\\N", "__HIVE_DEFAULT_PARTITION__"),
        *same("@nullified", RAW, None, "@nullified"),
        *bad(WORD, RAW, None, "NULL", "null", "(null)", "\\N", '"NULL"', "'NULL'", "[NULL]"),
        *bad(WORD, RAW, None, "(not set)", "not set", "(not provided)", "(none)", "undefined"),
        *bad(WORD, RAW, None, "\uff2e\uff35\uff2c\uff2c", "null,", "[object Object]"),
        *bad("all zeros", RAW, None, "0", "0.0", "00000000"),
        *bad("is -1", RAW, None, "-1", "-1.0"),
        *same(HEX, HASHED, None, HEX, HEX.upper(), B64, B64.rstrip("="), f" {HEX}\n"),
        *same(HEX, HASHED, None, B64.replace("+", "-").replace("/", "_"), f'"{HEX}"', f"'{HEX}"),
        *bad("one case", HASHED, None, B64.lower(), B64.upper()),
        *bad(DIGEST, HASHED, None, "0x" + HEX, "\\x" + HEX, HEX[:-1], HEX[:32], HEX * 2),
        *bad(DIGEST, HASHED, None, "ann.lee@mail.cn", A.hexdigest()[:40]),
        *bad(NOTHING, HASHED, None, _digest_of(""), _digest_of("").upper(), _digest_of("NULL")),
        *bad(NOTHING, HASHED, None, _digest_of("\n"), _digest_of("0"), _digest_of(_digest_of(""))),
        *bad(NOTHING, "sha256:idfa:v1", None, _digest_of("00000000-0000-0000-0000-000000000000")),
        *bad("all zeros", HASHED, None, "0" * 64),
        *bad(SHORTER, HASHED, None, HEX[:32] + "0" * 32, HEX[:40] + "0" * 24, "0" * 32 + HEX[:32]),
        *bad(SHORTER, HASHED, None, HEX[:32] * 2, (HEX[:32] + "0" * 32).upper()),
        *bad(NOTHING, HASHED, None, *(_digest_of("0" * size) for size in (2, 3, 11, 20))),
        *bad(NOTHING, "sha256:" + E164, None, *map(_digest_of, ("1111", "999999", "123456"))),
    ],
    "Totals and closing lines of exports": [
        *bad("is a total", RAW, None, "Total", "Grand Total", "TOTALS:", "Sub-total", "gold Total"),
        *bad("is a total", RAW, None, "总计", "合计", "小计", "合计：", "gold 汇总", "Gesamtergebnis"),
        *bad("closing line", RAW, None, "(3 rows affected)", "(3 row(s) affected)", "(3 rows)"),
        *bad("closing line", RAW, None, "3 rows selected.", "3 rows in set (0.01 sec)"),
        *bad("closing line", RAW, None, "Query OK, 3 rows affected (0.01 sec)", "(3 行记录)"),
        *bad("closing line", RAW, None, "(3 行受影响)", "(3 Zeilen)", "共 3 条", "Applied filters: x"),
        *bad("closing line", RAW, None, "已收入:2笔", "SQL> spool off", "Elapsed: 00:00:00.01"),
        *bad(WORD, RAW, None, "Error", "[Error]"),
        *bad("closing line", RAW, None, "Page 1 of 1", "Source: CRM", "Filters: all", "Time: 12.3 ms"),
        *bad("closing line", RAW, None, "Exported on 2026-06-04", "已选择 3 行", "3 行于数据集 (0.01 秒)", "备注：x"),
        *same("Notes from M1", RAW, None, "Notes from M1"),
        *bad("is a total", UID2, None, "Total"),
        *bad("closing line", "phone:cn11:v1", None, "(3 rows affected)", "合计"),
        *same("totalfit", RAW, None, "totalfit"),
        *same("sum-7", RAW, None, "sum-7"),
        *same("3rows", RAW, None, "3rows"),
    ],
    "Salesforce, HubSpot and mail tools": [
        *bad("another encoding", UID2, None, "m\u00c3\u00bcller@mail.cn", "j\u00c3\u00b6rg@mail.cn"),
        *bad("another encoding", RAW, None, "M\u00c3\u00bcller", "\u00e4\u00b8\u0160\u00e6\u00b5\u00b701"),
        *same("m\u00fcller\u00e9\u00e8-\u00c3o", RAW, None, "m\u00fcller\u00e9\u00e8-\u00c3o"),
        *same("ann.lee@mail.cn", UID2, None, "Ann.Lee@Mail.CN", " ann.lee@mail.cn "),
        *same("annlee@gmail.com", UID2, None, "Ann.Lee@gmail.com", "ann.lee+shop@Gmail.com"),
        *same("ann.lee@googlemail.com", UID2, None, "ann.lee@googlemail.com"),
        *same("annlee@googlemail.com", GOOGLE, None, "Ann.Lee@googlemail.com"),
        *same("annlee@gmail.com", GOOGLE, None, "ann lee@gmail.com", "ann.lee @gmail.com"),
        *same("ann.lee+shop@gmail.com", META, None, "Ann.Lee+shop@gmail.com"),
        *same("o'hara@mail.cn", UID2, None, "O'Hara@mail.cn"),
        *same("ann.lee@mail.cn", UID2, None, "\uff41nn.lee\uff20mail.cn", "ann.lee@mail\u3002cn"),
        *same("jos\u00e9@mail.cn", META, None, "jose\u0301@mail.cn", "JOS\u00c9@mail.cn"),
        *same("ann@b\u00fccher.de", UID2, None, "ann@b\u00fccher.de", "ann@xn--bcher-kva.de"),
        *same("ann@例子.公司", UID2, None, "ann@例子.公司", "ann@xn--fsqu00a.xn--55qx5d"),
        *bad(ADDRESS, UID2, None, "ann lee@mail.cn", "ann.lee@mail.cn.", "ann.lee@localhost"),
        *bad("around it", UID2, None, "Ann Lee <ann.lee@mail.cn>", "<ann.lee@mail.cn>", "mailto:ann.lee@mail.cn"),
        *bad("around it", GOOGLE, None, "Ann Lee <ann.lee@mail.cn>", "SMTP:Ann.Lee@mail.cn"),
        *bad(QUOTES, UID2, None, '"Ann Lee" <ann.lee@mail.cn>', "ann.lee@mail.cn\u201d"),
        *same("ann.lee@mail.cn", UID2, None, "\u201cAnn.Lee@mail.cn\u201d"),
        *bad("word processors", UID2, None, "o\u2019hara@mail.cn", "ann\u2013lee@mail.cn", "ann\u3002lee@mail.cn"),
        *bad(".invalid", UID2, None, "ann.lee@mail.cn.invalid"),
        *bad("#EXT#", UID2, None, "ann.lee_mail.cn#EXT#@shop.onmicrosoft.com"),
        *same("ann#lee@mail.cn", UID2, None, "ann#lee@mail.cn"),
        *bad(ONE_AT, UID2, None, "ann.lee@mail.cn;bo@mail.cn", "ann.lee", "ann.lee(at)mail.cn", HEX),
        *bad(MASKED, UID2, None, "a***e@mail.cn", "a\u2022\u2022\u2022e@mail.cn", "ann%2bshop@mail.cn"),
        *bad("lost", UID2, None, "jos?@mail.cn", "J?rg@mail.cn", "ann@b?cher.de"),
        *bad("look like Latin", UID2, None, "\u0430nn@mail.cn", "ann@m\u0430il.cn", "\u0441\u043e\u0440\u0430@mail.cn"),
        *bad("look like Latin", META, None, "\u03bfna@mail.cn", "\U0001d41ann@mail.cn", "ann\u2460@mail.cn"),
        *same("\u0438\u0432\u0430\u043d@mail.cn", UID2, None, "\u0418\u0432\u0430\u043d@mail.cn"),
        *bad("Turkish", UID2, None, "AL\u0130@MAIL.CN", "ali@ma\u0130l.cn"),
        *bad(WORD, UID2, None, "n/a", "none", "Unknown", "-", "[unknown]"),
        *same("003Dn00000AbCdE", RAW, None, "003Dn00000AbCdE"),
        *same("003Dn00000ABCDE", RAW, None, "003Dn00000ABCDE"),
        *same("+12025550123", E164, US, "(202) 555-0123", "202.555.0123", "1-202-555-0123"),
        *same("12025550123", DIGITS, None, "+1 202 555 0123", "1 (202) 555-0123", "0012025550123"),
        *bad(LETTERS, E164, US, "(202) 555-0123 x5", "202-555-CALL", "tel:+12025550123"),
        *bad(COUNTRY, E164, US, "555-0123"),
        *same("+4915202345678", E164, DE, "15202345678"),
        *same("+4915112345678", E164, DE, "4915112345678", "49 151 12345678"),
        *same("+494915112345", E164, DE, "4915112345", "0491 5112345"),
        *bad("write it with +", E164, DE, "49413112345"),
        *bad("of another country", E164, DE, "33612345678"),
        *bad("Mexico dropped", E164, None, "+52 1 55 1234 5678", "5215512345678"),
        *bad("Mexico dropped", DIGITS, "MX", "044 55 1234 5678", "1 55 1234 5678"),
        *same("+525512345678", E164, "MX", "55 1234 5678", "+52 55 1234 5678"),
        *bad("ninth digit", E164, "BR", "(11) 8123-4567", "+55 11 8123-4567"),
        *same("+5511981234567", E164, "BR", "(11) 98123-4567"),
        *bad("has replaced", E164, None, "+225 07 12 34 56", "+229 97 12 34 56", "+84 120 123 4567"),
        *same("+5491123456789", E164, "AR", "+54 9 11 2345-6789", "54 11 15 2345-6789", "011 15-2345-6789"),
        *bad("both 9 and 15", E164, None, "+54 9 11 15 2345 6789", "+54 9 223 15 512 3456"),
        *bad("Mexico dropped", E164, "MX", "01 55 1234 5678"),
        *bad(COUNTRY, E164, None, "+52 1 33 1234", "+55 11 1123 4567"),
    ],
    "Douyin, Ocean Engine and Tencent Ads": [
        *bad(MACRO, RAW, None, "__OAID__", "{{user.id}}", "%%ADVERTISING_IDENTIFIER_PLAIN%%"),
        *bad(MACRO, RAW, None, "${GPS_ADID}", "{idfa}", "[IFA]", "<user_id>"),
        *bad(MACRO, RAW, None, "[[customer_id]]", "{!Contact.Id}", "%EMAIL%", "$EMAIL$", "~id~"),
        *bad(MACRO, RAW, None, "@{user.id}", "{% id %}", "*|EMAIL|*", "<%= id %>"),
        *bad(MACRO, RAW, None, "$[id]$", "[customer_id]"),
        *same("[[1001]]", RAW, None, "[[1001]]"),
        *bad(MACRO, "idfa:v1", None, "__IDFA__"),
        *same("{EA7583CD-A667-48BC-B806-42ECB2B48606}", RAW, None, "{EA7583CD-A667-48BC-B806-42ECB2B48606}"),
        *bad(WORD, RAW, None, "未绑定", "未授权", "暂未填写"),
        *same(UUID, IDFA, None, UUID.upper(), UUID, f" {UUID}", f'"{UUID}"'),
        *same(UUID, GAID, None, UUID.upper(), UUID),
        *same(UUID, OAID, None, UUID.upper(), UUID),
        *same("a1b2c3d4e5f60718", OAID, None, "A1B2C3D4E5F60718"),
        *same(UUID.replace("-", ""), OAID, None, UUID.replace("-", "").upper()),
        *bad("all zeros", IDFA, None, "00000000-0000-0000-0000-000000000000"),
        *bad("all zeros", OAID, None, "0" * 32),
        *bad("all zeros", RAW, None, NIL, f"{{{NIL}}}", "0" * 32),
        *bad("the last UUID", RAW, None, NIL.replace("0", "f"), "F" * 32),
        *same(NIL[:-1] + "1", RAW, None, NIL[:-1] + "1"),
        *bad("one letter", META, None, "ann.lee@mail.c", "ann@web.d"),
        *same("ann@web.de", META, None, "ann@web.de"),
        *bad("many devices share", OAID, None, "9774d56d682e549c", "f" * 32),
        *bad(DEVICE, IDFA, None, UUID.replace("-", ""), "{" + UUID + "}", UUID[:-1]),
        *bad(WORD, IDFA, None, "null", "未知"),
        *bad(MASKED, CN11, None, "138****8000", "138\u00d7\u00d7\u00d7\u00d78000", "138----8000"),
        *bad("area code in brackets", E164, None, "(323) 555-0100", "8 (863) 200-10-60"),
        *bad("area code in brackets", DIGITS, None, "(659) 800-1000", "(86) 138 0013 8000"),
        *same("+493012345678", E164, None, "(+49) 30 12345678", "(0049) 30 12345678"),
        *same("+78632001060", E164, None, "7 (863) 200-10-60"),
        *bad(MASKED, RAW, None, "小***8", "j***3", "6210****00", "6210••••00", "6210＊＊＊＊00"),
        *same("a**b", RAW, None, "a**b"),
        *bad(MASKED, E164, CN, "138****8000", "138\u2022\u2022\u2022\u20228000", "138____8000"),
        *bad(DIGEST, HASHED, None, hashlib.md5(b"1", usedforsecurity=False).hexdigest()),
    ],
    "WeChat, forms and call centres": [
        *same("oUpF8uMuAJO", RAW, None, "`oUpF8uMuAJO"),
        *same(MOBILE_CN, CN11, None, "`13800138000"),
        *same(MOBILE_CN, CN11, None, "\uff11\uff13\uff18\uff10\uff10\uff11\uff13\uff18\uff10\uff10\uff10"),
        *same(MOBILE_CN, CN11, None, "+86 138-0013-8000", "0086 13800138000", "86-13800138000"),
        *same(MOBILE_CN, CN11, None, "8613800138000", "(+86)13800138000", "013800138000"),
        *same(MOBILE_CN, CN11, None, "138 0013 8000", "138\u30000013\u30008000", "\uff0b86 13800138000"),
        *same(PLUS, E164, CN, "138 0013 8000", "86-13800138000", "013800138000", "0086-13800138000"),
        *same(PLUS, E164, None, "+8613800138000", "8613800138000", "0086 138 0013 8000"),
        *same("8613800138000", DIGITS, CN, "13800138000", "+86 138 0013 8000"),
        *bad("Chinese or North American", E164, None, "13800138000", "138-0234-5678"),
        *bad("declare a region", E164, None, "013800138000", "020 7946 0958"),
        *bad(COUNTRY, E164, CN, "6234 5678"),
        *bad(MASKED, E164, CN, "13800138000,13900139000", "13800138000;13900139000", "138#0013#8000"),
        *bad("phone number", E164, CN, "13800138000/13900139000"),
        *bad(LETTERS, CN11, None, "13800138000（微信同号）", "张三13800138000"),
        *bad(MOBILE, CN11, None, "12800138000", "1380013800", "+13800138000", "021-62345678"),
        *bad("service number", E164, CN, "4008123123", "400-812-3123", "+86 800 820 5555", "86 400 812 3123"),
        *bad("service number", DIGITS, "US", "1-800-555-1234"),
        *bad("lent to an order", E164, "KR", "0504-1234-5678", "0502-123-4567", "+82 508 1234 5678"),
        *bad("all begin with 010", E164, "KR", "011-952-3808", "+82 16-300-2004", "019 9123 4567"),
        *same("+821098765432", E164, "KR", "010-9876-5432"),
        *bad("extension", E164, CN, "0571-8765432-1", "(010)87654321-801", "05718765432-1"),
        *bad("extension", DIGITS, None, "+86 571-8765432-1", "0086-571-8765432-1", "86-571-8765432-1"),
        *same("+8657187654321", E164, CN, "0571-87654321", "0571-8765-4321", "(0571)8765 4321"),
        *same("+8613800138000", E164, CN, "138-0013-8000"),
        *same("+81312345678", E164, "JP", "03-1234-5678"),
        *bad(WORD, RAW, None, "Laufkunde", "CONSUMIDOR FINAL", "Walk-in customer", "散客"),
        *bad(WORD, RAW, None, "微信用户", "同上", "（略）", "拒绝提供", "客户未留", "無會員號", "未登録", "미등록"),
        *bad(WORD, RAW, None, "New customer", "Non renseigné", "нет данных", "brak danych", "khách lẻ"),
        *same("微信用户a", RAW, None, "微信用户a"),
        *bad(WORD, RAW, None, "VENTA PÚBLICO", "XAXX010101000", "xexx010101000"),
        *same("XAXX010101001", RAW, None, "XAXX010101001"),
        *same("Walker-in", RAW, None, "Walker-in"),
        *bad("many devices", RAW, None, "02:00:00:00:00:00", "FF:FF:FF:FF:FF:FF"),
        *bad("many devices", RAW, None, "9774d56d682e549c", "012345678912345", "004999010640000"),
        *same("02:00:00:00:00:01", RAW, None, "02:00:00:00:00:01"),
        *same("012345678912346", RAW, None, "012345678912346"),
        *same("+827012345678", E164, "KR", "070-1234-5678"),
        *same("+815012345678", E164, "JP", "050-1234-5678"),
        *bad(MOBILE, CN11, None, "4008123123", "95555"),
        *bad(COUNTRY, E164, CN, "95555"),
        *bad(WORD, CN11, None, "无", "未填写", "暂无", "——"),
        *same("oAbC_12-xYz", RAW, None, "oAbC_12-xYz"),
        *bad("invisible", RAW, None, "10\t01", "1001\x00", "10\u200d01"),
    ],
    "Apple and Google contacts": [
        *same(MOBILE_CN, CN11, None, "\u202a138 0013 8000\u202c", "\u2066+86 138 0013 8000\u2069"),
        *same(PLUS, E164, CN, "\u202d138\u00a00013\u00a08000\u202c", "138\u20110013\u20118000"),
        *same(PLUS, E164, CN, "138\u20130013\u20138000", "13800138000\u200b", "\ufeff13800138000"),
        *same("+442079460958", E164, GB, "+44 (0)20 7946 0958", "020 7946 0958", "(020) 79460958"),
        *same("+4915112345678", E164, DE, "0151 / 12345678", "0049 151 12345678", "+49(0)15112345678"),
        *bad(LETTERS, E164, GB, "+44 20 7946 0958 ext. 5"),
        *same("ann.lee@mail.cn", UID2, None, "\u200eann.lee@mail.cn\u200e", "ann.lee@mail.cn\u00a0"),
        *same("ann.lee@mail.cn", UID2, None, "ann\ufe0f.lee@mail.cn", "ann.lee\u034f@mail.cn\ufe0e"),
        *same("M001", RAW, None, "M001\ufe0f", "\u3164M001", "M001\u2800", "M\u115f001\U000e0020"),
        *same("M001", RAW, None, "\ufffcM001"),
        *bad(EMPTY, RAW, None, "\u200b", '""', "\u3000"),
    ],
}  # fmt: skip
