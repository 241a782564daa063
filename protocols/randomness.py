"""Name the one shape in which randomness enters the mathematics."""

from collections.abc import Callable

Random = Callable[[int], bytes]
"""Return that many uniformly random bytes; production passes ``secrets.token_bytes``."""


def random_below(bound: int, random: Random) -> int:
    """Draw an integer uniformly from ``[0, bound)`` by rejection, so without bias."""
    length = (bound - 1).bit_length()
    size = (length + 7) // 8
    while True:
        value = int.from_bytes(random(size), "big") >> (8 * size - length)
        if value < bound:
            return value
