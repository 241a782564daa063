"""Compute modulo p = 2^255 - 19 with one element at a time, in a time that no element changes.

An element is five limbs of 51 bits in words of 64, whose products have 128: numba knows no such
numbers, so the two products are written in the language of its compiler.  A pair of limbs of
``lanes`` is one limb here.  All of this is called by compiled functions alone.

*Bounds.*  What ``multiply`` and ``square`` return, and what comes from lanes, has limbs below
2^51 + 2^44: "reduced".  ``subtract`` takes away what is below 2^53 - 2^7, so the sum of two reduced
ones.  Factors have limbs below 2^54: a sum of five products, four of them 19 times, is below 2^115,
and what a limb leaves to the next below 2^64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from protocols.compiled import compiled, written
from protocols.curve25519.field import P

U64 = npt.NDArray[np.uint64]
Limbs = tuple[Any, Any, Any, Any, Any]
"""An element; numbers of 64 bits."""

LIMBS: Final = 5
_BITS: Final = 51
LOW, _ONE, _BITS_, _63, _NINETEEN, _NONE = (
    np.uint64(number) for number in ((1 << _BITS) - 1, 1, _BITS, 63, 19, 0)
)
# Four times p, limb by limb.
_FIRST, _OTHER = np.uint64((1 << 53) - 76), np.uint64((1 << 53) - 4)

fast = compiled(nogil=True, boundscheck=False)


def constant(number: int) -> Limbs:
    """Return a number modulo p."""
    n = int(number % P)
    found = (np.uint64(n >> _BITS * place & (1 << _BITS) - 1) for place in range(LIMBS))
    a, b, c, d, e = found
    return a, b, c, d, e


def _operation(products: Callable[[Any, Sequence[Any]], Any], operands: int) -> Callable[..., Any]:
    """Return an operation on elements, given what sums of products their limbs make."""

    def make() -> Callable[..., Any]:
        from llvmlite import ir  # noqa: PLC0415
        from numba.core import cgutils, types  # noqa: PLC0415
        from numba.extending import intrinsic  # noqa: PLC0415

        element: Any = types.UniTuple(types.uint64, LIMBS)  # type: ignore[no-untyped-call]
        wide = ir.IntType(128)

        def generate(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
            unpack: Any = cgutils.unpack_tuple
            limbs = [unpack(builder, one) for one in given]
            sums = products(_Wide(builder, wide), limbs)
            return context.make_tuple(builder, element, _carried(_Wide(builder, wide), sums))

        if operands == 1:

            def one(_context: Any, _f: Any) -> Any:
                return element(element), generate

            return cast(Callable[..., Any], intrinsic(one))

        def two(_context: Any, _f: Any, _g: Any) -> Any:
            return element(element, element), generate

        return cast(Callable[..., Any], intrinsic(two))

    return written(make)


class _Wide:
    """Write products of limbs and sums of them, which have 128 bits."""

    def __init__(self, builder: Any, kind: Any) -> None:
        self.builder, self.kind = builder, kind

    def several(self, limb: Any, number: int) -> Any:
        """Return a limb some times, which still is one word."""
        return self.builder.mul(limb, limb.type(number))

    def sum(self, *pairs: tuple[Any, Any]) -> Any:
        """Return the sum of products."""
        total = self.kind(0)
        for one, other in pairs:
            wide = (self.builder.zext(limb, self.kind) for limb in (one, other))
            total = self.builder.add(total, self.builder.mul(*wide))
        return total


def _carried(wide: _Wide, sums: Sequence[Any]) -> list[Any]:
    """Reduce five sums; what lies above 2^255 comes back 19 times."""
    from llvmlite import ir  # noqa: PLC0415

    builder, word, bits = wide.builder, ir.IntType(64), wide.kind(_BITS)
    low = word((1 << _BITS) - 1)
    over, found = wide.kind(0), []
    for total in sums:
        carried = builder.add(total, over)
        found.append(builder.and_(builder.trunc(carried, word), low))
        over = builder.lshr(carried, bits)
    first = builder.add(found[0], wide.several(builder.trunc(over, word), 19))
    found[0] = builder.and_(first, low)
    found[1] = builder.add(found[1], builder.lshr(first, word(_BITS)))
    return found


def _product(wide: _Wide, given: Sequence[Any]) -> list[Any]:
    f, g = given
    more = [wide.several(limb, 19) for limb in g]
    return [
        wide.sum(
            *((f[i], g[place - i] if i <= place else more[place - i + LIMBS]) for i in range(LIMBS))
        )
        for place in range(LIMBS)
    ]


def _square(wide: _Wide, given: Sequence[Any]) -> list[Any]:
    (f,) = given
    twice = [wide.several(limb, 2) for limb in f]
    more = [wide.several(limb, 19) for limb in f]
    sums = []
    for place in range(LIMBS):
        pairs = []
        for i in range(LIMBS):
            other = (place - i) % LIMBS
            if i <= other:
                second = f[other] if i + other == place else more[other]
                pairs.append((f[i] if i == other else twice[i], second))
        sums.append(wide.sum(*pairs))
    return sums


multiply: Callable[[Limbs, Limbs], Limbs] = _operation(_product, 2)
"""Return f g, reduced."""

square: Callable[[Limbs], Limbs] = _operation(_square, 1)
"""Return f^2, reduced."""


@fast
def add(f: Limbs, g: Limbs) -> Limbs:
    """Return f + g, not reduced."""
    return f[0] + g[0], f[1] + g[1], f[2] + g[2], f[3] + g[3], f[4] + g[4]


@fast
def subtract(f: Limbs, g: Limbs) -> Limbs:
    """Return f - g + 4 p, not reduced: no limb is below zero."""
    return (
        f[0] + (_FIRST - g[0]),
        f[1] + (_OTHER - g[1]),
        f[2] + (_OTHER - g[2]),
        f[3] + (_OTHER - g[3]),
        f[4] + (_OTHER - g[4]),
    )


@fast
def reduced(f: Limbs) -> Limbs:
    """Return f, reduced: limbs below 2^51 but for the second, which one may exceed."""
    a = f[0]
    b = f[1] + (a >> _BITS_)
    c = f[2] + (b >> _BITS_)
    d = f[3] + (c >> _BITS_)
    e = f[4] + (d >> _BITS_)
    a = (a & LOW) + _NINETEEN * (e >> _BITS_)
    return a & LOW, (b & LOW) + (a >> _BITS_), c & LOW, d & LOW, e & LOW


@fast
def frozen(f: Limbs) -> Limbs:
    """Return the one representative of f that is below p."""
    f = reduced(f)
    over = (f[0] + _NINETEEN) >> _BITS_
    over = (f[1] + over) >> _BITS_
    over = (f[2] + over) >> _BITS_
    over = (f[3] + over) >> _BITS_
    # One for p or more: it is below 2^255 + 2^52.
    over = (f[4] + over) >> _BITS_
    a = f[0] + _NINETEEN * over
    b = f[1] + (a >> _BITS_)
    c = f[2] + (b >> _BITS_)
    d = f[3] + (c >> _BITS_)
    e = f[4] + (d >> _BITS_)
    return a & LOW, b & LOW, c & LOW, d & LOW, e & LOW


def _hidden() -> Callable[..., Any]:
    from llvmlite import ir  # noqa: PLC0415
    from numba.core import types  # noqa: PLC0415
    from numba.extending import intrinsic  # noqa: PLC0415

    def generate(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(64), [ir.IntType(64)])
        return builder.asm(kind, "", "=r,0", given, True, "opaque")

    def one(_context: Any, _word: Any) -> Any:
        return types.uint64(types.uint64), generate

    return cast(Callable[..., Any], intrinsic(one))


opaque: Callable[[Any], Any] = written(_hidden)
"""Return a word of which the compiler knows nothing.

Knowing that a mask is 0 or 2^64 - 1 and what it comes from, it makes branches of masks.
"""


@fast
def chosen(mask: Any, f: Limbs, g: Limbs) -> Limbs:
    """Return f where the mask is 0, g where it is 2^64 - 1."""
    mask = opaque(mask)
    return (
        f[0] ^ ((f[0] ^ g[0]) & mask),
        f[1] ^ ((f[1] ^ g[1]) & mask),
        f[2] ^ ((f[2] ^ g[2]) & mask),
        f[3] ^ ((f[3] ^ g[3]) & mask),
        f[4] ^ ((f[4] ^ g[4]) & mask),
    )


@fast
def equal(f: Limbs, g: Limbs) -> Any:
    """Return 2^64 - 1 where f and g are the same number modulo p, 0 where not."""
    f, g = frozen(f), frozen(g)
    different = (f[0] ^ g[0]) | (f[1] ^ g[1]) | (f[2] ^ g[2]) | (f[3] ^ g[3]) | (f[4] ^ g[4])
    return ((different | (_NONE - different)) >> _63) - _ONE


@fast
def negative(f: Limbs) -> Any:
    """Return 2^64 - 1 where f is odd below p, 0 where not."""
    return _NONE - (frozen(f)[0] & _ONE)


@fast
def squared(f: Limbs, times: int) -> Limbs:
    """Return f^(2^times)."""
    for _ in range(times):
        f = square(f)
    return f


@fast
def power(f: Limbs) -> Limbs:
    """Return f^(2^252 - 3), that is to (p - 5) / 8, of which square roots are made."""
    two = square(f)
    nine = multiply(squared(two, 2), f)
    five = multiply(square(multiply(nine, two)), nine)  # 2^5 - 1
    ten = multiply(squared(five, 5), five)
    twenty = multiply(squared(ten, 10), ten)
    forty = multiply(squared(twenty, 20), twenty)
    fifty = multiply(squared(forty, 10), ten)
    hundred = multiply(squared(fifty, 50), fifty)
    most = multiply(squared(multiply(squared(hundred, 100), hundred), 50), fifty)  # 2^250 - 1
    return multiply(squared(most, 2), f)


@fast
def read(source: U64, at: int) -> Limbs:
    """Return the element whose limbs stand at a place."""
    return source[at], source[at + 1], source[at + 2], source[at + 3], source[at + 4]


@fast
def write(to: U64, at: int, f: Limbs) -> None:
    """Write an element's limbs from a place on."""
    to[at], to[at + 1], to[at + 2], to[at + 3], to[at + 4] = f
