"""Say how values are encrypted, and why so."""

from __future__ import annotations

from cleanroom.report import Language, word


def said_why(encryption: str, why: str | None, language: Language = "en") -> str:
    """Return in words what ``cleanroom.room.encryption.Taken`` says."""
    return word("colon", language).join(
        (word(f"rows.{encryption}", language), word(f"rows.why.{why}", language))
    )
