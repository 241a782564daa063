"""Read a party's file into validated columns and say, before anything is sent, what is in it."""

from cleanroom.records.export import quote_cell, write_csv
from cleanroom.records.labels import LabelColumn
from cleanroom.records.reader import read_table, validate_report
from cleanroom.records.report import Duplicates, Fault, Report
from cleanroom.records.source import Limits
from cleanroom.records.table import Table

__all__ = [
    "Duplicates",
    "Fault",
    "LabelColumn",
    "Limits",
    "Report",
    "Table",
    "quote_cell",
    "read_table",
    "validate_report",
    "write_csv",
]
