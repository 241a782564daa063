"""Turn what an owner opened into sums under its Paillier key, which the mediator releases as ever.

The owner packs x = (sum + R) modulo 2^64 of every measure of a group into the slots of one
plaintext.  The mediator takes R modulo 2^64 off; what a slot then holds is the sum, or the sum plus
or minus 2^64, which neither side knows: ``release_mask`` with ``wrapped`` leaves room for it and
hides it, and the low half of a released slot is what it would be without.
"""

from __future__ import annotations

from collections.abc import Sequence

from protocols.errors import LocalError
from protocols.limits import LATTICE_PLAIN_BITS, SLOT_BITS, slots
from protocols.paillier import PublicKey


def pack_opened(bits: int, numbers: Sequence[int], places: Sequence[int]) -> int:
    """Return the plaintext that holds ``numbers`` in the slots ``places`` of a key of ``bits``.

    Raises:
        LocalError: on a slot that does not exist or comes twice, or a number that is not in
            [0, 2^64).
    """
    if len(set(places)) != len(places) or any(not 0 <= slot < slots(bits) for slot in places):
        raise LocalError("a slot does not exist or comes twice")
    if any(not 0 <= number < 1 << LATTICE_PLAIN_BITS for number in numbers):
        raise LocalError("a number is not in [0, 2^64)")
    pairs = zip(numbers, places, strict=True)
    return sum(number << (SLOT_BITS * slot) for number, slot in pairs)


def take_off(key: PublicKey, ciphertext: int, masks: Sequence[int], places: Sequence[int]) -> int:
    """Return an encryption of the packed sums, not re-randomised: ``release`` does that.

    Raises:
        InvalidCiphertextError: if the ciphertext is none under ``key``.
        LocalError: as ``pack_opened`` does.
    """
    key.check_ciphertext(ciphertext)
    return key.add_plain(ciphertext, -pack_opened(key.bits, masks, places))
