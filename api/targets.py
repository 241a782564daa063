"""Say which addresses a request may have, before anything routes, logs or signs by them."""

from __future__ import annotations

import re
from typing import Final

from flask import Request

from api.problems import TransportRefusal

LONGEST: Final = 8192
"""Most bytes of an address with its query: a search in any script fits, encoded."""

_SEGMENT: Final = r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,99}"

_TARGET: Final = re.compile(rf"(/{_SEGMENT}){{0,12}}/?(\?[!$-~]*)?", re.ASCII)
"""Segments as names and identifiers are made of: none is empty, dots or encoded, so that a proxy,
the routes and the signature cannot read one address in two ways.  A query is visible ASCII."""


def check_target(request: Request) -> None:
    """Refuse an address that is not spelt as ours are; what was asked for is never repeated."""
    target = str(request.environ.get("REQUEST_URI") or request.full_path)
    if len(target) > LONGEST or target == "" or not _TARGET.fullmatch(target):
        raise TransportRefusal(
            400, "the address is not written as this service writes its own", "target"
        )
