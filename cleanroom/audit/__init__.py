"""Check a room's log offline, trusting nobody: verify it, prove things from it, witness it.

The auditor's report is here too: its table is ``questions``, its page ``page``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.deferred import deferred

if TYPE_CHECKING:
    from cleanroom.audit.bundle import Bundle, load, save
    from cleanroom.audit.memory import PartyMemory
    from cleanroom.audit.verify import Report, verify_audit_bundle, verify_bundle
    from cleanroom.audit.witness import Witness

__all__ = [
    "Bundle",
    "PartyMemory",
    "Report",
    "Witness",
    "load",
    "save",
    "verify_audit_bundle",
    "verify_bundle",
]

__getattr__ = deferred(
    __name__,
    {
        "Bundle": "cleanroom.audit.bundle",
        "PartyMemory": "cleanroom.audit.memory",
        "Report": "cleanroom.audit.verify",
        "Witness": "cleanroom.audit.witness",
        "load": "cleanroom.audit.bundle",
        "save": "cleanroom.audit.bundle",
        "verify_audit_bundle": "cleanroom.audit.verify",
        "verify_bundle": "cleanroom.audit.verify",
    },
)
