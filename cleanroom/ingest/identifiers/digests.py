"""Hold the steps of digests: which forms they are taken in, and which are of nobody."""

from __future__ import annotations

import base64
import re

from cleanroom.ingest.identifiers.nothing import CODE_DIGESTS
from cleanroom.ingest.identifiers.reasons import NotNormalisable
from cleanroom.ingest.identifiers.steps import Setting, Step, plain, shape


def _not_empty_digest(value: str, setting: Setting) -> str:
    if setting.words.digest_of_nothing(value):
        raise NotNormalisable("is the digest of an empty value, or of a word for one")
    return value


def _not_code_digest(value: str) -> str:
    if value in CODE_DIGESTS:
        raise NotNormalisable("is the digest of an empty value, or of a word for one")
    return value


SHORTER = r"0{24}.*|.*0{24}"
"""What an MD5, of 32 digits, or a SHA-1, of 40, becomes in a column of 64."""


def _not_shorter(value: str) -> str:
    if re.fullmatch(SHORTER, value) or value[:32] == value[32:]:
        raise NotNormalisable("is a shorter digest, such as MD5, made as long as a SHA-256")
    return value


_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{43}=?")


def _from_base64(value: str) -> str:
    if _BASE64.fullmatch(value) is None:
        return value
    text = value.rstrip("=").replace("-", "+").replace("_", "/") + "="
    if text in (text.lower(), text.upper()):
        raise NotNormalisable("is base64 whose letters were all changed to one case")
    digest = base64.b64decode(text)
    # Of 43 letters the last holds four bits; another spelling of it is not a digest of an export.
    return digest.hex() if base64.b64encode(digest).decode() == text else value


DIGEST_SHAPE = r"[0-9a-f]{64}"
CHECK_DIGEST = shape(
    "check 64 hexadecimal digits", DIGEST_SHAPE, "is not a SHA-256 in hexadecimal or base64"
)
FROM_BASE64 = plain("base64 to hexadecimal digits", _from_base64)
NOT_SHORTER = plain("refuse a shorter digest made longer", _not_shorter)
NOT_CODE_DIGEST = plain("refuse the digest of a country code alone", _not_code_digest)
NOT_EMPTY_DIGEST = Step("refuse the digest of nothing", _not_empty_digest)
