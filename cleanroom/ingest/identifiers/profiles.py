"""Register every profile: a name with its version, and the steps in their order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from cleanroom.errors import InvalidInput
from cleanroom.ingest.identifiers import digests as d
from cleanroom.ingest.identifiers import steps as s
from cleanroom.ingest.identifiers.names import HASHED
from cleanroom.ingest.identifiers.nothing import NO_OTHER_WORDS, Words
from cleanroom.ingest.identifiers.reasons import NotNormalisable
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import phonenumbers
else:
    phonenumbers = Deferred("phonenumbers")


@dataclass(frozen=True)
class Profile:
    """Name a normalisation; its steps never change without a new version in the name."""

    name: str
    steps: tuple[s.Step, ...]

    @property
    def hashed(self) -> bool:
        """Tell whether the values are digests already."""
        return self.name.startswith(HASHED)


_EMAIL = (s.TRIM, s.LOWER)
_NUMBER = (s.TRIM, s.HALF_WIDTH, s.NO_FRACTION, s.CHECK_SIGNS)
_PHONE = (*_NUMBER, s.INTERNATIONAL, s.E164)
_DEVICE = (s.TRIM, s.LOWER)
_GMAIL = s.gmail_steps("gmail.com")
_GOOGLE = s.gmail_steps("gmail.com", "googlemail.com")

_PLAIN = {
    "email:uid2:v1": (*_EMAIL, s.ONE_DOMAIN, *_GMAIL, s.CHECK_ADDRESS),
    "email:google:v1": (*_EMAIL, s.NO_SPACE, s.ONE_DOMAIN, *_GOOGLE, s.CHECK_ADDRESS),
    "email:meta:v1": (*_EMAIL, s.ONE_DOMAIN, s.CHECK_ADDRESS),
    "phone:e164:v1": _PHONE,
    "phone:digits:v1": (*_PHONE, s.NO_PLUS),
    "phone:cn11:v1": (*_NUMBER, s.CHINA_DIGITS, s.CHECK_CHINA),
    "idfa:v1": (*_DEVICE, s.CHECK_UUID, s.NOT_ZERO),
    "gaid:v1": (*_DEVICE, s.CHECK_UUID, s.NOT_ZERO),
    "oaid:v1": (*_DEVICE, s.CHECK_OAID, s.NOT_ZERO),
    "raw:v1": (s.TRIM, s.NFC, s.UNWRAP, s.CHECK_RAW),
}
_DIGEST = (s.TRIM, d.FROM_BASE64, s.LOWER, d.CHECK_DIGEST, d.NOT_EMPTY_DIGEST, d.NOT_SHORTER)
_PHONE_DIGEST = (*_DIGEST, d.NOT_CODE_DIGEST)

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {name: Profile(name, steps) for name, steps in _PLAIN.items()}
    | {
        HASHED + name: Profile(
            HASHED + name, _PHONE_DIGEST if name.startswith("phone:") else _DIGEST
        )
        for name in _PLAIN
    }
)
"""Every profile by its name, the ``sha256:`` ones included."""


def find_profile(name: str) -> Profile:
    """Return a profile by its name; ``InvalidInput`` names the nearest ones."""
    if name in PROFILES:
        return PROFILES[name]
    near = get_close_matches(name, PROFILES, n=2, cutoff=0.5) or [
        p for p in PROFILES if p in _PLAIN
    ]
    raise InvalidInput("There is no such profile.", remedy=f"Choose {' or '.join(near)}.")


def check_region(region: str | None) -> None:
    """Raise ``InvalidInput`` unless the region is a known two-letter code, or None."""
    if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
        raise InvalidInput("There is no such region.", remedy="Use two letters such as CN or US.")


@lru_cache(maxsize=64)
def _stand_for_nobody(profile: str, setting: s.Setting) -> frozenset[str]:
    """Return, case folded, what the declared nulls are in the profile, and their digests."""
    plain, found = profile.removeprefix(HASHED), set()
    for word in setting.words.nulls:
        forms = {word.strip()}
        with suppress(NotNormalisable):
            forms.add(_steps(find_profile(plain), word, setting)[-1][1])
        hashed = {hashlib.sha256(form.encode()).hexdigest() for form in forms}
        found |= forms | hashed if profile.startswith(HASHED) else forms
    return frozenset(form.casefold() for form in found)


def nulls_of(profile: str, region: str | None, words: Words) -> frozenset[str]:
    """Return the normalised values, case folded, that a dataset declares to be nobody."""
    return _stand_for_nobody(profile, s.Setting(region, words)) if words.nulls else frozenset()


def _steps(profile: Profile, value: str, setting: s.Setting) -> list[tuple[str, str]]:
    trail = [("value", value)]
    for step in profile.steps:
        value = step.apply(value, setting)
        trail.append((step.name, value))
    return trail


def _normalised(
    value: str, profile: str, region: str | None, words: Words
) -> list[tuple[str, str]]:
    trail = _steps(find_profile(profile), value, s.Setting(region, words))
    if trail[-1][1].casefold() in nulls_of(profile, region, words):
        raise NotNormalisable("is among the nulls of the room file")
    return trail


def explain(
    value: str, profile: str, region: str | None = None, words: Words = NO_OTHER_WORDS
) -> list[tuple[str, str]]:
    """Return every step with the value after it; the last is the SHA-256 of the result.

    The digest is for comparing two normalisations by eye, never a protection.  Under a
    ``sha256:`` profile it is the value itself.  Raises ``NotNormalisable`` with the reason, and
    ``InvalidInput`` for an unknown profile or region.
    """
    found = find_profile(profile)
    check_region(region)
    trail = _normalised(value, profile, region, words)
    value = trail[-1][1]
    digest = value if found.hashed else hashlib.sha256(value.encode()).hexdigest()
    return [*trail, ("SHA-256", digest)]


def normalise(
    value: str, profile: str, region: str | None = None, words: Words = NO_OTHER_WORDS
) -> str:
    """Return the normalised value; raises ``NotNormalisable`` with the reason."""
    return _normalised(value, profile, region, words)[-1][1]


def message(profile: str, normalised: str) -> bytes:
    """Return what the protocol hashes: ``profile || 0x00 || normalised value``."""
    return profile.encode() + b"\0" + normalised.encode()
