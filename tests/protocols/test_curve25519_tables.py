"""Tables are read as a whole whatever a secret scalar is: asked of the machine code that runs.

A page of a table is made unreadable; whoever reads it dies.  Digits of the scalars that stand for
that page's windows are zeros in one try, so that code which skips what it does not need lives.
"""

from __future__ import annotations

import ctypes
import faulthandler
import mmap
import multiprocessing
import resource
import signal
import sys
from collections.abc import Callable

import numpy as np
import pytest

from protocols.curve25519 import group, points, ristretto

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a page is closed by Linux's calls")
PAGE = mmap.PAGESIZE
DIGITS = {"zeros": 0, "ones": 1, "sevens": 7}


def one_by_one(table: memoryview, scalars: np.ndarray) -> None:
    words = np.frombuffer(table, np.uint64, group.generator().words.size)
    words = words.reshape(group.generator().words.shape)
    points.multiply_fixed(np.empty((len(scalars), points.POINT), np.uint64), words, scalars)


def in_lanes(table: memoryview, scalars: np.ndarray) -> None:
    lanes = np.frombuffer(table, np.uint32, group.generator().lanes.size)
    ristretto.multiply_fixed(lanes.reshape(group.generator().lanes.shape), scalars)


def read_behind_a_closed_page(
    multiply: Callable[[memoryview, np.ndarray], None], held: mmap.mmap, scalars: np.ndarray
) -> None:
    faulthandler.disable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    first = ctypes.addressof(ctypes.c_char.from_buffer(held))
    closed = ctypes.CDLL(None).mprotect(ctypes.c_void_p(first + PAGE), PAGE, 0)
    if not closed:
        multiply(memoryview(held), scalars)


@pytest.mark.parametrize("digit", DIGITS.values(), ids=DIGITS)
@pytest.mark.parametrize(
    ("multiply", "many"), [(one_by_one, 1), (in_lanes, 32)], ids=["one-by-one", "in-lanes"]
)
def test_a_page_of_a_table_is_read_whatever_the_digits(
    multiply: Callable[[memoryview, np.ndarray], None], many: int, digit: int
) -> None:
    made = group.generator()
    table = (made.words if multiply is one_by_one else made.lanes).tobytes()
    held = mmap.mmap(-1, -(-len(table) // PAGE) * PAGE)
    held[: len(table)] = table
    digits = [3] * 63
    # An entry has 128 bytes in words and 120 in lanes, a window has eight: the second page has
    # windows 4 to 7, or 4 to 8.
    digits[4:9] = [digit] * 5
    scalar = sum(one << 4 * place for place, one in enumerate(digits)).to_bytes(32, "little")
    scalars = np.frombuffer(bytearray(scalar * many), np.uint8).reshape(many, 32)
    multiply(memoryview(held), scalars)  # with all pages open
    process = multiprocessing.get_context("fork").Process(
        target=read_behind_a_closed_page, args=(multiply, held, scalars)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGSEGV
