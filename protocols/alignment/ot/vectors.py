"""Add rows of four words as one vector: the compiler alone takes a row word by word.

What stands here is called by compiled functions alone.  A row in hand is four numbers of 64 bits,
of which the compiler makes one register; arrays are uint64 of shape (n, 4), one row after the
other, and no place is checked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from protocols.compiled import written

WORDS: Final = 4


def _operation(writes: bool, adds: bool) -> Callable[..., Any]:
    """Return what reads a row from an array at a place, adds one to a row, or writes one."""

    def make() -> Callable[..., Any]:
        from llvmlite import ir  # noqa: PLC0415
        from numba.core import cgutils, types  # noqa: PLC0415
        from numba.extending import intrinsic  # noqa: PLC0415
        from numba.np.arrayobj import make_array  # noqa: PLC0415

        row: Any = types.UniTuple(types.uint64, WORDS)  # type: ignore[no-untyped-call]
        array_of, unpack = cast(Any, make_array), cast(Any, cgutils.unpack_tuple)
        vector, number = ir.VectorType(ir.IntType(64), WORDS), ir.IntType(32)

        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            array = array_of(signature.args[0])(context, builder, given[0])
            first = builder.mul(given[1], given[1].type(WORDS))
            pointer = builder.bitcast(builder.gep(array.data, [first]), vector.as_pointer())
            held = ir.Constant(vector, ir.Undefined)
            if len(given) > 2:
                for place, word in enumerate(unpack(builder, given[2])):
                    held = builder.insert_element(held, word, number(place))
            if writes:
                builder.store(held, pointer).align = 8
                return context.get_dummy_value()
            found = builder.load(pointer)
            found.align = 8
            if adds:
                found = builder.xor(found, held)
            words = [builder.extract_element(found, number(place)) for place in range(WORDS)]
            return context.make_tuple(builder, row, words)

        place = types.uint64
        if not (writes or adds):

            def read(_context: Any, array: Any, _place: Any) -> Any:
                return row(array, place), generate

            return intrinsic(read)

        def use(_context: Any, array: Any, _place: Any, _row: Any) -> Any:
            return (types.void if writes else row)(array, place, row), generate

        return intrinsic(use)

    return written(make)


take = _operation(writes=False, adds=False)
"""``take(array, place)`` returns a row."""

plus = _operation(writes=False, adds=True)
"""``plus(array, place, row)`` returns the sum of a row and the one in the array."""

put = _operation(writes=True, adds=False)
"""``put(array, place, row)`` writes a row."""
