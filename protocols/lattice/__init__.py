"""Ring-LWE encryption of rows that a mediator adds up in any groups, at some 20 bytes a row.

A sum leaves as ``MaskedSums``; its owner opens masked numbers and returns them under Paillier.  Why
so, and where the parameters come from: docs/adr/0012-lattice-rows.md.
"""

from protocols.lattice.aggregates import pack_opened, take_off
from protocols.lattice.keys import PublicKey, SecretKey
from protocols.lattice.opening import (
    MaskedSums,
    mask_sums,
    masked_bytes,
    open_masked,
    read_masked,
    unmask,
)
from protocols.lattice.rows import (
    Blocks,
    block_bytes,
    block_count,
    check_seeds,
    encrypt,
    read_blocks,
)
from protocols.lattice.sums import Sums, no_sums, sum_groups

__all__ = [
    "Blocks",
    "MaskedSums",
    "PublicKey",
    "SecretKey",
    "Sums",
    "block_bytes",
    "block_count",
    "check_seeds",
    "encrypt",
    "mask_sums",
    "masked_bytes",
    "no_sums",
    "open_masked",
    "pack_opened",
    "read_blocks",
    "read_masked",
    "sum_groups",
    "take_off",
    "unmask",
]
