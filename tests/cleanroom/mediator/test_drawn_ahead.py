"""What the mediator drew ahead serves the process that drew it, and no fork of it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from random import Random
from types import SimpleNamespace

from cleanroom.mediator.ahead import Ahead
from protocols import paillier
from protocols.paillier import PreparedKey


def test_a_fork_spends_nothing_that_its_parent_spends():
    ahead = Ahead(SimpleNamespace(random=Random(1).randbytes))
    modulus = paillier.generate(512, Random(2).randbytes).public.n
    ahead.keys[modulus] = key = PreparedKey(modulus)
    with ThreadPoolExecutor(1) as threads:
        key.fill(3, Random(3).randbytes, threads)
    if not (child := os.fork()):
        os._exit(len(key.ahead))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert len(key.ahead) == 3
    ahead.close()
