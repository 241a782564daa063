"""Describe a dataframe the way a section of ``room.toml`` describes a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cleanroom.workbench.frames import Data

Identifier = tuple[str, str] | tuple[str, str, str] | Mapping[str, Any]
"""Column and profile, for telephones with a region; or the whole section ``id``."""


@dataclass(frozen=True)
class Described:
    """A party's data and what its columns are, not checked yet."""

    data: Data
    section: Mapping[str, Any]


def measure(
    column: str,
    *,
    max: float,  # noqa: A002 - the name that the file has
    min: float = 0,  # noqa: A002
    decimals: int = 0,
    out_of_range: Literal["clamp", "reject"] = "clamp",
    **notation: str,
) -> dict[str, Any]:
    """Bound a measure in the unit of its column, per person in an audience, per row in events.

    ``notation`` takes ``decimal`` and ``thousands``, for numbers that are texts.
    """
    bounds = {"min": str(min), "max": str(max), "decimals": decimals}
    return {"column": column, **bounds, "out_of_range": out_of_range, **notation}


def audience(
    data: Data,
    *,
    id: Identifier | list[Identifier],  # noqa: A002 - the name that the file has
    labels: Sequence[str] = (),
    measures: Mapping[str, Mapping[str, Any]] | None = None,
    domains: Mapping[str, Sequence[str]] | None = None,
    buckets: Mapping[str, Mapping[str, Any]] | None = None,
    duplicates: Literal["reject", "first", "sum"] = "reject",
) -> Described:
    """Describe data with one row per person, whom ``id`` or any of a list of up to three names.

    ``labels`` are columns to group by, ``domains`` the values that may ever occur in them (a live
    room wants them), ``buckets`` labels cut from columns of numbers, ``measures`` what is added
    up.  ``data`` is any dataframe, or a CSV or Parquet file.
    """
    return _described(
        data, "audience", id, labels, measures, domains=domains, buckets=buckets,
        duplicates=duplicates,
    )  # fmt: skip


def events(
    data: Data,
    *,
    id: Identifier,  # noqa: A002 - the name that the file has
    time: str | Mapping[str, Any],
    labels: Sequence[str] = (),
    measures: Mapping[str, Mapping[str, Any]] | None = None,
    domains: Mapping[str, Sequence[str]] | None = None,
    buckets: Mapping[str, Mapping[str, Any]] | None = None,
    key: str | None = None,
    action: Mapping[str, str] | None = None,
) -> Described:
    """Describe data with many rows per person, each at a time.

    ``time`` is a column, or the section with its format and zone; ``key`` a column such as an
    order number, of whose rows the first counts; ``action`` tells clicks from views.
    """
    return _described(
        data, "events", id, labels, measures, domains=domains, buckets=buckets, time=time,
        key=key, action=action,
    )  # fmt: skip


def _described(
    data: Data,
    kind: str,
    identifier: Identifier | list[Identifier],
    labels: Sequence[str],
    measures: Mapping[str, Mapping[str, Any]] | None,
    **others: Any,
) -> Described:
    section = {"kind": kind, "id": _identifier(identifier), "labels": tuple(labels)}
    section |= {"measures": dict(measures or {})}
    return Described(data, section | {name: value for name, value in others.items() if value})


def _identifier(given: Identifier | list[Identifier]) -> dict[str, Any] | list[dict[str, Any]]:
    if isinstance(given, list):
        return [_one(each) for each in given]
    return _one(given)


def _one(given: Identifier) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return dict(given)
    return dict(zip(("column", "profile", "region"), given, strict=False))
