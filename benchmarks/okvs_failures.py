"""Count how often the key-value store of the ``ot`` profile cannot be encoded at the first seed.

    python -m benchmarks.okvs_failures 1000:40000 10000:8000 100000:600

Each argument is keys:trials.  The defaults are these full sizes, about a minute of one core.
``--expansion 1.23`` replaces the published expansion, to show where encoding breaks down; the
last column bounds the failure probability from above with 95 % confidence (exact binomial: three
over the trials where none failed).  A probability of 2^-40 cannot be measured: it rests on the
published fit.
"""

from __future__ import annotations

import argparse
import math
import secrets
import time
from collections import Counter

import numpy as np

from protocols import okvs

FULL = ["1000:40000", "10000:8000", "100000:600"]


def trial(keys: int, sparse: int) -> int:
    """Return the size of the core, minus one for a failure, of one fresh random instance."""
    words = np.frombuffer(bytearray(secrets.token_bytes(32 * keys)), dtype=np.uint64)
    table = np.frombuffer(bytearray(8 * (sparse + okvs.DENSE)), dtype=np.uint64)
    return okvs.encode_once(
        words.reshape(keys, 4), secrets.token_bytes(okvs.SEED_BYTES), sparse, table
    )


def at_most(failures: int, trials: int, probability: float) -> float:
    """Return the chance of so many failures or fewer (binomial, in logarithms)."""
    logs = [
        math.lgamma(trials + 1)
        - math.lgamma(k + 1)
        - math.lgamma(trials - k + 1)
        + k * math.log(probability)
        + (trials - k) * math.log1p(-probability)
        for k in range(failures + 1)
    ]
    return math.fsum(map(math.exp, logs))


def upper_bound(failures: int, trials: int) -> float:
    """Return the 95 % upper confidence bound (Clopper and Pearson 1934), by bisection."""
    low, high = failures / trials, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        if middle == 1.0:
            break
        low, high = (middle, high) if at_most(failures, trials, middle) > 0.05 else (low, middle)
    return high


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", default=FULL, metavar="keys:trials")
    parser.add_argument("--expansion", type=float, help="instead of the published one")
    arguments = parser.parse_args()
    print("| keys | expansion | trials | core not empty | largest core | failures | below (95 %) |")
    print("|---|---|---|---|---|---|---|")
    for run in arguments.runs:
        keys, trials = map(int, run.split(":"))
        sparse = okvs.sparse_size(keys, 40)
        if arguments.expansion:
            sparse = math.ceil(arguments.expansion * keys)
        started = time.perf_counter()
        cores = Counter(trial(keys, sparse) for _ in range(trials))
        failures = cores.pop(-1, 0)
        print(
            f"| {keys:,} | {sparse / keys:.3f} | {trials:,} | {sum(cores.values()) - cores[0]} "
            f"| {max(cores, default=0)} | {failures} | {upper_bound(failures, trials):.1e} |"
            f"  {time.perf_counter() - started:.0f} s"
        )


if __name__ == "__main__":
    main()
