"""Register every profile: a name with its version, and the steps in their order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

import phonenumbers

from cleanroom.errors import InvalidInput
from cleanroom.ingest.identifiers import steps as s

HASHED = "sha256:"
"""Prefix of a profile whose values its owner hashed already."""


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
_PHONE = (s.TRIM, s.HALF_WIDTH, s.NO_FRACTION, s.INTERNATIONAL, s.E164)
_DEVICE = (s.TRIM, s.LOWER)
_GMAIL = s.gmail_steps("gmail.com")
_GOOGLE = s.gmail_steps("gmail.com", "googlemail.com")

_PLAIN = {
    "email:uid2:v1": (*_EMAIL, *_GMAIL, s.CHECK_ADDRESS),
    "email:google:v1": (*_EMAIL, s.NO_SPACE, *_GOOGLE, s.CHECK_ADDRESS),
    "email:meta:v1": (*_EMAIL, s.CHECK_ADDRESS),
    "phone:e164:v1": _PHONE,
    "phone:digits:v1": (*_PHONE, s.NO_PLUS),
    "phone:cn11:v1": (s.TRIM, s.HALF_WIDTH, s.NO_FRACTION, s.CHINA_DIGITS, s.CHECK_CHINA),
    "idfa:v1": (*_DEVICE, s.CHECK_UUID, s.NOT_ZERO),
    "gaid:v1": (*_DEVICE, s.CHECK_UUID, s.NOT_ZERO),
    "oaid:v1": (*_DEVICE, s.CHECK_OAID, s.NOT_ZERO),
    "raw:v1": (s.TRIM, s.NFC),
}
_DIGEST = (s.TRIM, s.FROM_BASE64, s.LOWER, s.CHECK_DIGEST, s.NOT_EMPTY_DIGEST)

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {name: Profile(name, steps) for name, steps in _PLAIN.items()}
    | {HASHED + name: Profile(HASHED + name, _DIGEST) for name in _PLAIN}
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


def explain(value: str, profile: str, region: str | None = None) -> list[tuple[str, str]]:
    """Return every step with the value after it; the last is the SHA-256 of the result.

    The digest is for comparing two normalisations by eye, never a protection.  Under a
    ``sha256:`` profile it is the value itself.  Raises ``NotNormalisable`` with the reason, and
    ``InvalidInput`` for an unknown profile or region.
    """
    found = find_profile(profile)
    check_region(region)
    trail = [("value", value)]
    for step in found.steps:
        value = step.apply(value, region)
        trail.append((step.name, value))
    digest = value if found.hashed else hashlib.sha256(value.encode()).hexdigest()
    return [*trail, ("SHA-256", digest)]


def normalise(value: str, profile: str, region: str | None = None) -> str:
    """Return the normalised value; raises ``NotNormalisable`` with the reason."""
    for step in find_profile(profile).steps:
        value = step.apply(value, region)
    return value


def message(profile: str, normalised: str) -> bytes:
    """Return what the protocol hashes: ``profile || 0x00 || normalised value``."""
    return profile.encode() + b"\0" + normalised.encode()
