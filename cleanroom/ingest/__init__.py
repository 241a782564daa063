"""Read a party's file into validated columns and say, before anything is sent, what is in it."""

from cleanroom.ingest.export import quote_cell, write_csv
from cleanroom.ingest.labels import LabelColumn
from cleanroom.ingest.reader import read_table, validate_report
from cleanroom.ingest.report import Concern, Duplicates, Fault, LabelCount, Report
from cleanroom.ingest.source import Limits
from cleanroom.ingest.table import Table

__all__ = [
    "Concern",
    "Duplicates",
    "Fault",
    "LabelColumn",
    "LabelCount",
    "Limits",
    "Report",
    "Table",
    "quote_cell",
    "read_table",
    "validate_report",
    "write_csv",
]
