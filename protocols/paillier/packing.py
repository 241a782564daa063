"""Put many numbers into one plaintext, and let a ciphertext open only what is released.

A plaintext holds slots of 128 bits: 15 in 2048 bits, 23 in 3072, at least one slot's width being
left above the last.  A row is the integer sum of ``v_i * 2^(128 i)`` with signed v_i, modulo n.

**Why nothing borrows or carries.**  Let V_i be the true sum in slot i, |V_i| < 2^61 in every slot,
released or not, and let the noise be at most two shares below 2^60 each, so |noise| < 2^61.  The
mask adds, over the integers,

- to a released slot 2^62 + noise + 2^64 f, f uniform below 2^64: the slot then holds a number in
  (0, 2^63) below bit 64 and f above it, and is in [0, 2^128);
- to a slot that is not released u uniform in [2^62, 2^128 - 2^62): u + V_i is in (0, 2^128);
- where the owner decrypts for the other party, it adds noise of its own to the released slots and
  such a u to every other, and both u are uniform in [2^62, 2^127 - 2^62): their sum with V_i is in
  (0, 2^128) again.  Without the owner's, the mediator, who knows its own u, and the receiver would
  together read the exact sums of slots that nobody asked for;
- t 2^(128 s) above the s slots, t uniform below floor(n / 2^(128 s)).

So every slot of the masked sum is in [0, 2^128) by itself: none borrows from its neighbour though
the sum of the rows may be negative, none carries, and the low half of a released slot is exactly
offset + sum + noise.  The whole is at most t 2^(128 s) + 2^(128 s) - 1 < n: it never wraps.  V_i
in a slot that is not released changes the distribution of its slot by less than 2^-64.

A sum that came back from lattice rows (``protocols.lattice.aggregates``) is V_i + 2^64 w in each
slot, w one of -1, 0, 1.  With ``wrapped``, f is uniform in [1, 2^64 - 1), so that f + w stays in 64
bits and hides w but for 2^-63, and the mediator's u stays 2^64 further from both ends: again every
slot is in [0, 2^128) by itself.

The bounds are the owner's promise (clamping) and the job's check; an owner that breaks them spoils
the sums that it is to receive, and can mark some tens of rows per released slot.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor

from protocols.errors import LocalError, RemoteError, SlotOverflowError
from protocols.limits import SLOT_BITS, SLOT_OFFSET, VALUE_LIMIT, slots
from protocols.paillier.keys import PublicKey
from protocols.randomness import Random, random_below

NOISE_LIMIT = VALUE_LIMIT // 2
"""Bound on one noise share: two shares stay below VALUE_LIMIT together."""

HALF_BITS = SLOT_BITS // 2
LOW_HALF = (1 << HALF_BITS) - 1


def pack(values: Sequence[int]) -> int:
    """Return the signed sum of ``value * 2^(128 slot)``; it is negative if the last one is.

    Raises:
        SlotOverflowError: if a value is not below 2^61 in magnitude.
    """
    if any(abs(value) >= VALUE_LIMIT for value in values):
        raise SlotOverflowError(f"a value is not below {VALUE_LIMIT} in magnitude")
    return sum(value << (SLOT_BITS * slot) for slot, value in enumerate(values))


def release_mask(
    key: PublicKey,
    released: Sequence[int],
    noise: Sequence[int],
    random: Random,
    owner_fills: bool = False,
    wrapped: bool = False,
) -> int:
    """Return what to add to a sum of rows so that it opens the released slots and no more.

    ``noise`` is one share per released slot, in the order of ``released``.  The result is in
    [0, n); with any sums below 2^61 the masked plaintext is too, see the head of this module.
    With ``owner_fills`` there is room for what ``add_noise`` adds, with ``wrapped`` for sums of
    lattice rows.

    Raises:
        LocalError: on a slot that does not exist or comes twice, or a missing noise share.
        SlotOverflowError: on a noise share that is not below 2^60 in magnitude.
    """
    shares = _shares(key, released, noise)
    count = slots(key.bits)
    mask = random_below(key.n >> (SLOT_BITS * count), random) << (SLOT_BITS * count)
    for slot in range(count):
        share = shares.get(slot)
        fill = (
            _filler(owner_fills, random, wrapped)
            if share is None
            else _open(share, random, wrapped)
        )
        mask += fill << (SLOT_BITS * slot)
    return mask


def _open(noise: int, random: Random, wrapped: bool) -> int:
    upper = random_below((1 << HALF_BITS) - 2 * wrapped, random) + wrapped
    return SLOT_OFFSET + noise + (upper << HALF_BITS)


def _filler(shared: bool, random: Random, wrapped: bool = False) -> int:
    limit = 1 << (SLOT_BITS - 1 if shared else SLOT_BITS)
    margin = SLOT_OFFSET + (wrapped << HALF_BITS)
    return margin + random_below(limit - 2 * margin, random)


def _shares(key: PublicKey, released: Sequence[int], noise: Sequence[int]) -> dict[int, int]:
    if len(released) != len(noise):
        raise LocalError("there must be one noise share per released slot")
    if len(set(released)) != len(released):
        raise LocalError("a slot is released twice")
    if any(not 0 <= slot < slots(key.bits) for slot in released):
        raise LocalError("a released slot does not exist")
    if any(abs(share) >= NOISE_LIMIT for share in noise):
        raise SlotOverflowError(f"a noise share is not below {NOISE_LIMIT} in magnitude")
    return dict(zip(released, noise, strict=True))


def release(
    key: PublicKey,
    ciphertext: int,
    released: Sequence[int],
    noise: Sequence[int],
    random: Random,
) -> int:
    """Mask an encrypted sum of rows and re-randomise it: it may go to the key's owner.

    Raises what ``release_mask`` does.
    """
    return release_many(key, [ciphertext], released, [noise], random=random)[0]


def release_many(
    key: PublicKey,
    ciphertexts: Sequence[int],
    released: Sequence[int],
    noise: Sequence[Sequence[int]],
    random: Random,
    executor: Executor | None = None,
    owner_fills: bool = False,
    wrapped: bool = False,
) -> list[int]:
    """Release many sums with the same slots; ``noise`` has one list of shares per sum.

    ``owner_fills`` where the owner decrypts for the other party, ``wrapped`` where the sums are
    those of lattice rows.  Raises as ``release_mask`` does.
    """
    if len(ciphertexts) != len(noise):
        raise LocalError("there must be one list of noise shares per sum")
    masked = [
        key.add_plain(ciphertext, release_mask(key, released, shares, random, owner_fills, wrapped))
        for ciphertext, shares in zip(ciphertexts, noise, strict=True)
    ]
    return key.rerandomise_many(masked, random, executor)


def unpack_released(plaintext: int, released: Sequence[int]) -> list[int]:
    """Read sum + noise of the released slots out of a masked plaintext.

    Raises:
        RemoteError: if a slot holds what no mask and no sum within bounds gives.
    """
    lows = [plaintext >> (SLOT_BITS * slot) & LOW_HALF for slot in released]
    if any(not 0 < low < 2 * SLOT_OFFSET for low in lows):
        raise RemoteError("a released slot is out of range")
    return [low - SLOT_OFFSET for low in lows]


def gather_slots(key: PublicKey, ciphertexts: Sequence[int]) -> int:
    """Return one ciphertext with each plaintext in a slot of its own, the first in the lowest.

    Anybody can do it, and it hides nothing: it is for whoever is about to decrypt all of them.
    ``read_slots`` reads what it opens to.
    """
    gathered = 1
    for ciphertext in reversed(ciphertexts):
        gathered = key.add(key.scale(gathered, 1 << SLOT_BITS), ciphertext)
    return gathered


def read_slots(key: PublicKey, plaintext: int, count: int) -> list[int]:
    """Read ``count`` signed numbers out of what ``gather_slots`` made.

    Raises:
        RemoteError: unless each is below 2^61 in magnitude.
    """
    half = 1 << (SLOT_BITS - 1)
    lifted = (
        plaintext
        - key.n * (plaintext > key.n // 2)
        + sum(half << (SLOT_BITS * slot) for slot in range(count))
    )
    if not 0 <= lifted < 1 << (SLOT_BITS * count):
        raise RemoteError("a number is out of range")
    found = [(lifted >> (SLOT_BITS * slot) & (2 * half - 1)) - half for slot in range(count)]
    if any(abs(number) >= VALUE_LIMIT for number in found):
        raise RemoteError("a number is out of range")
    return found


def mask_for_peer(key: PublicKey, random: Random) -> tuple[int, int]:
    """Draw R uniformly modulo n for sums under the other party's key; return R and Enc(R).

    Enc(R) goes to the mediator only, R to nobody; both are for one ciphertext and one attempt.
    """
    blinds, encrypted = masks_for_peer(key, 1, random=random)
    return blinds[0], encrypted[0]


def masks_for_peer(
    key: PublicKey,
    count: int,
    random: Random,
    executor: Executor | None = None,
) -> tuple[list[int], list[int]]:
    """Draw ``count`` independent masks as ``mask_for_peer`` does; return all R and all Enc(R)."""
    blinds = [random_below(key.n, random) for _ in range(count)]
    return blinds, key.encrypt_many(blinds, random, executor)


def add_noise(
    key: PublicKey,
    plaintext: int,
    released: Sequence[int],
    noise: Sequence[int],
    random: Random,
) -> int:
    """Add the owner's part to a blinded plaintext, modulo n, before it is sealed.

    Its noise shares go into the released slots, filler into all others, for a mask that was made
    with ``owner_fills``.  Raises what ``release_mask`` does.
    """
    shares = _shares(key, released, noise)
    total = sum(
        (shares[slot] if slot in shares else _filler(True, random)) << (SLOT_BITS * slot)
        for slot in range(slots(key.bits))
    )
    return (plaintext + total) % key.n


def unmask(key: PublicKey, plaintext: int, blind: int) -> int:
    """Take R off what the owner sent; ``unpack_released`` reads the result.

    Raises:
        RemoteError: if the plaintext is not in [0, n).
    """
    if not 0 <= plaintext < key.n:
        raise RemoteError("a blinded plaintext is out of range")
    return (plaintext - blind) % key.n
