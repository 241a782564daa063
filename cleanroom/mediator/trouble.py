"""Say where an unforeseen failure happened, without what it happened to.

A stack trace shows values; a log must hold no identifier, key or token.
"""

from __future__ import annotations

import traceback


def place_of(error: BaseException) -> str:
    """Return the failure's kind and the function and line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def cause_of(fault: BaseException) -> str:
    """Return what a storage fault came from: SQLite's name of the error, the system's words for
    it, or its kind.
    """
    cause = fault.__cause__ or fault
    named = getattr(cause, "sqlite_errorname", None) or getattr(cause, "strerror", None)
    return named or type(cause).__name__
