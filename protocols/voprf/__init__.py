"""Evaluate a keyed function on an input that the key's owner does not see, and prove the key."""

from protocols.voprf.client import Blinded, blind, prepare
from protocols.voprf.group import (
    ELEMENT_BYTES,
    PROOF_BYTES,
    Elements,
    check_public_key,
    split,
)
from protocols.voprf.server import OUTPUT_BYTES, ServerKey
from protocols.voprf.table import NOBODY, SEED_BYTES, Table, table_bytes

__all__ = [
    "ELEMENT_BYTES",
    "NOBODY",
    "OUTPUT_BYTES",
    "PROOF_BYTES",
    "SEED_BYTES",
    "Blinded",
    "Elements",
    "ServerKey",
    "Table",
    "blind",
    "check_public_key",
    "prepare",
    "split",
    "table_bytes",
]
