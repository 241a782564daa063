"""Hold a room's log against everybody, offline: verify it, prove things about it, witness it.

The auditor's report is here too: its table is ``questions``, its page ``page``.
"""

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
