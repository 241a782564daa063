"""Randomness that is drawn ahead: as uniform as any, and each for one ciphertext."""

from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Event

from protocols import paillier
from protocols.paillier import PreparedKey

KEY = paillier.generate(512, Random(1).randbytes)
PLAIN = [3, -1, 0, 7, 7]


def stored(count: int) -> PreparedKey:
    """Return a key for which r^n were drawn."""
    key = PreparedKey(KEY.public.n)
    with ThreadPoolExecutor(2) as threads:
        key.fill(count, Random(2).randbytes, threads)
    return key


def test_what_is_drawn_ahead_makes_the_ciphertexts_that_would_have_been_made():
    made = stored(5).encrypt_many(PLAIN, Random(3).randbytes)
    assert made == KEY.public.encrypt_many(PLAIN, Random(2).randbytes)
    assert KEY.decrypt_many(made) == [m % KEY.public.n for m in PLAIN]


def test_each_is_spent_once_and_then_the_key_is_like_any_other():
    prepared = stored(3)
    made = [*prepared.encrypt_many([5, 5], Random(3).randbytes)]
    made += prepared.rerandomise_many(made, Random(3).randbytes)
    made += prepared.encrypt_many([5, 5], Random(4).randbytes)
    assert not prepared.ahead
    assert len(set(made)) == 6
    assert KEY.decrypt_many(made) == [5] * 6


def test_a_store_is_filled_up_and_no_further():
    prepared = stored(3)
    with ThreadPoolExecutor(1) as threads:
        prepared.fill(2, Random(3).randbytes, threads)
        assert len(prepared.ahead) == 3
        prepared.fill(4, Random(3).randbytes, threads)
    assert len(prepared.ahead) == 4


def test_what_no_thread_has_begun_with_is_not_waited_for():
    """Else a release would wait for what is drawn for others before it."""
    prepared, gate = PreparedKey(KEY.public.n), Event()
    with ThreadPoolExecutor(1) as threads:
        threads.submit(gate.wait)
        prepared.fill(2, Random(2).randbytes, threads)
        made = prepared.encrypt_many(PLAIN, Random(3).randbytes)
        gate.set()
    assert KEY.decrypt_many(made) == [m % KEY.public.n for m in PLAIN]


def test_what_is_dropped_is_not_drawn():
    prepared, gate = PreparedKey(KEY.public.n), Event()
    with ThreadPoolExecutor(1) as threads:
        threads.submit(gate.wait)
        prepared.fill(50, Random(2).randbytes, threads)
        drawn = list(prepared.ahead)
        prepared.drop()
        gate.set()
    assert not prepared.ahead
    assert all(one.cancelled() for one in drawn)
