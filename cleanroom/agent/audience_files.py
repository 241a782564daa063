"""Write people as the lists of customers that advertising platforms take: SHA-256 of contacts.

Google: https://support.google.com/google-ads/answer/7659867.  Meta:
https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from cleanroom.agent import activation, audience_uploads
from cleanroom.agent.jobs import LocalJob
from cleanroom.errors import InvalidInput
from cleanroom.ingest.identifiers import normalise_many
from cleanroom.ingest.identifiers.names import HASHED, kind_of
from cleanroom.spreadsheets import write_csv

FORMATS: Final = {
    "google": {"email": ("Email", "email:google:v1"), "phone": ("Phone", "phone:e164:v1")},
    "meta": {"email": ("email", "email:meta:v1"), "phone": ("phone", "phone:digits:v1")},
}
"""By platform and kind of contact: the header, and the profile of what is hashed."""

_CHINA: Final = "phone:cn11:v1"
_AS_WRITTEN: Final = "email:meta:v1"
_SHORTENED: Final = ("@gmail.com", "@googlemail.com")


@dataclass(frozen=True)
class Written:
    """How many people a list holds, and for how many the hash may be another than the platform's.

    ``unlike`` counts addresses whose dots the dataset's profile took away, where the platform
    hashes addresses as their owners write them.
    """

    people: int
    unlike: int = 0
    left_out: int = 0
    """Who has no contact that the platform takes."""
    kind: str = ""
    """What Tencent's upload is told that the file holds."""


def export(job: LocalJob, path: Path, format: str, expansion: int | None = None) -> Written:
    """Write the segment of a job; raise as ``write`` and ``activation.segment`` do."""
    found = activation.segment(job, expansion)
    return write(path, format, job.question.manifest(job.side).profiles, found.kinds)


def write(
    path: Path, format: str, profiles: Sequence[str], kinds: Sequence[Sequence[str]]
) -> Written:
    """Write a column of hashes in hex for each kind of contact, readable by the owner alone.

    ``kinds`` are identifiers normalised by ``profiles``, empty where a person has none; kinds that
    the platform does not take are left out.  Raises ``InvalidInput`` for a platform that is not
    known, and where it takes none of them, or not in that form.
    """
    if format in audience_uploads.UPLOADS:
        written, kind = audience_uploads.write(path, format, profiles, kinds)
        return Written(written, left_out=len(kinds[0]) - written, kind=kind)
    if format not in FORMATS:
        known = (*FORMATS, *audience_uploads.UPLOADS)
        raise InvalidInput(f"Formats are {', '.join(known)}.")
    taken = FORMATS[format]
    found = [
        (*taken[kind_of(profile)], profile, values)
        for profile, values in zip(profiles, kinds, strict=True)
        if kind_of(profile) in taken
    ]
    if not found:
        raise InvalidInput(
            f"A list for {format} holds {' or '.join(taken)}, not these identifiers."
        )
    columns = [_hashes(format, wanted, profile, values) for _, wanted, profile, values in found]
    people = [row for row in zip(*columns, strict=True) if any(row)]
    write_csv(path, [header for header, *_ in found], people)
    lost = [
        values
        for _, wanted, profile, values in found
        if wanted == _AS_WRITTEN and profile.removeprefix(HASHED) != wanted
    ]
    unlike = sum(value.endswith(_SHORTENED) for values in lost for value in values)
    return Written(len(people), unlike, len(kinds[0]) - len(people))


def _hashes(format: str, wanted: str, profile: str, values: Sequence[str]) -> list[str]:
    plain = profile.removeprefix(HASHED)
    if profile != plain:
        if plain != wanted:
            raise InvalidInput(
                f"These are hashes of {plain}; {format} takes hashes of {wanted}.",
                remedy="Upload a dataset whose profile is the platform's.",
            )
        return list(values)
    region = "CN" if plain == _CHINA else None
    found = normalise_many(pa.array(values, pa.string()), wanted, region).values.to_pylist()
    return [hashlib.sha256(value.encode()).hexdigest() if value else "" for value in found]
