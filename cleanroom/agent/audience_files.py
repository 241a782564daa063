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

from cleanroom.agent import activation
from cleanroom.agent.jobs import LocalJob
from cleanroom.errors import InvalidInput
from cleanroom.ingest import write_csv
from cleanroom.ingest.identifiers import normalise_many
from cleanroom.ingest.identifiers.profiles import HASHED, kind_of

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


def export(job: LocalJob, path: Path, format: str, expansion: int | None = None) -> Written:
    """Write the segment of a job; raise as ``write`` and ``activation.segment`` do."""
    found = activation.segment(job, expansion)
    profile = job.question.manifest(job.side).identifier_profile
    return write(path, format, profile, [value.decode() for value in found.values])


def write(path: Path, format: str, profile: str, values: Sequence[str]) -> Written:
    """Write one hash in hex a line under the platform's header, readable by the owner alone.

    ``values`` are identifiers normalised by ``profile``.  Raises ``InvalidInput`` for a platform
    that is not known, and for identifiers that it does not take in that form.
    """
    if format not in FORMATS:
        raise InvalidInput(f"Formats are {' and '.join(FORMATS)}.")
    known = FORMATS[format].get(kind_of(profile))
    if known is None:
        raise InvalidInput(f"A list for {format} holds {' or '.join(FORMATS[format])}, not that.")
    header, wanted = known
    plain = profile.removeprefix(HASHED)
    if profile != plain:
        if plain != wanted:
            raise InvalidInput(
                f"These are hashes of {plain}, and {format} takes those of {wanted}.",
                remedy="Upload a dataset whose profile is the platform's.",
            )
        write_csv(path, [header], ([value] for value in values))
        return Written(len(values))
    region = "CN" if plain == _CHINA else None
    found = normalise_many(pa.array(values, pa.string()), wanted, region).values.to_pylist()
    hashes = [hashlib.sha256(value.encode()).hexdigest() for value in found]
    write_csv(path, [header], ([value] for value in hashes))
    lost = wanted == _AS_WRITTEN != plain
    return Written(len(values), sum(value.endswith(_SHORTENED) for value in values) if lost else 0)
