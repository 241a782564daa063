"""Read a party's file into validated columns and say, before anything is sent, what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.deferred import deferred

if TYPE_CHECKING:
    from cleanroom.ingest.origin import is_missing, opened
    from cleanroom.ingest.reader import read_table, read_unchecked, validate_report
    from cleanroom.ingest.report import Concern, Duplicates, Fault, LabelCount, Report
    from cleanroom.ingest.source import Limits
    from cleanroom.ingest.table import LabelColumn, Table

__all__ = [
    "Concern",
    "Duplicates",
    "Fault",
    "LabelColumn",
    "LabelCount",
    "Limits",
    "Report",
    "Table",
    "is_missing",
    "opened",
    "read_table",
    "read_unchecked",
    "validate_report",
]

__getattr__ = deferred(
    __name__,
    {
        "Concern": "cleanroom.ingest.report",
        "Duplicates": "cleanroom.ingest.report",
        "Fault": "cleanroom.ingest.report",
        "LabelCount": "cleanroom.ingest.report",
        "LabelColumn": "cleanroom.ingest.table",
        "Limits": "cleanroom.ingest.source",
        "Report": "cleanroom.ingest.report",
        "Table": "cleanroom.ingest.table",
        "is_missing": "cleanroom.ingest.origin",
        "opened": "cleanroom.ingest.origin",
        "read_table": "cleanroom.ingest.reader",
        "read_unchecked": "cleanroom.ingest.reader",
        "validate_report": "cleanroom.ingest.reader",
    },
)
