"""Randomness that is drawn ahead: as uniform as any, and each for one ciphertext."""

from concurrent.futures import ThreadPoolExecutor
from random import Random

from protocols import paillier
from protocols.paillier import PreparedKey

KEY = paillier.generate(512, Random(1).randbytes)
PLAIN = [3, -1, 0, 7, 7]


def test_what_is_drawn_ahead_makes_the_ciphertexts_that_would_have_been_made():
    with ThreadPoolExecutor(2) as threads:
        prepared = PreparedKey.draw(KEY.public, 5, Random(2).randbytes, threads)
        made = prepared.encrypt_many(PLAIN, Random(3).randbytes)
    assert made == KEY.public.encrypt_many(PLAIN, Random(2).randbytes)
    assert KEY.decrypt_many(made) == [m % KEY.public.n for m in PLAIN]


def test_each_is_spent_once_and_then_the_key_is_like_any_other():
    with ThreadPoolExecutor(2) as threads:
        prepared = PreparedKey.draw(KEY.public, 3, Random(2).randbytes, threads)
        made = [*prepared.encrypt_many([5, 5], Random(3).randbytes)]
        made += prepared.rerandomise_many(made, Random(3).randbytes)
        made += prepared.encrypt_many([5, 5], Random(4).randbytes)
    assert not prepared.ahead
    assert len(set(made)) == 6
    assert KEY.decrypt_many(made) == [5] * 6


def test_what_is_dropped_is_not_drawn():
    with ThreadPoolExecutor(1) as threads:
        prepared = PreparedKey.draw(KEY.public, 50, Random(2).randbytes, threads)
        prepared.drop()
    assert not prepared.ahead
