"""Randomness that is drawn ahead: as uniform as any, and each for one ciphertext."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Event

import pytest

from protocols import paillier
from protocols.paillier import PreparedKey, prepared

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


# --- the owner's


@pytest.fixture(autouse=True)
def five(monkeypatch):
    """Let a store of zeros be small."""
    monkeypatch.setattr(prepared, "MOST_ZEROS", 5)


def owner() -> paillier.PrivateKey:
    """Return a key that encrypted something and has drawn zeros since."""
    key = paillier.PrivateKey.from_bytes(KEY.to_bytes())
    key.encrypt_many([0], Random(4).randbytes)
    key.draw_ahead(Random(5).randbytes, lambda: False)
    return key


def randomness(made: Iterable[int]) -> list[int]:
    """Return r^n of every ciphertext."""
    return [KEY.public.add_plain(one, -KEY.decrypt(one)) for one in made]


def test_an_owner_encrypts_with_what_it_drew_ahead():
    made, spare = owner().encrypt_many(PLAIN, Random(6).randbytes), Random(5).randbytes
    drawn = [one for _ in PLAIN for one in fresh().encrypt_many([0], spare)]
    assert randomness(made) == drawn
    assert KEY.decrypt_many(made) == [m % KEY.public.n for m in PLAIN]


def fresh() -> paillier.PrivateKey:
    return paillier.PrivateKey.from_bytes(KEY.to_bytes())


def test_what_an_owner_drew_ahead_is_used_once_whatever_becomes_of_it():
    key = owner()
    with pytest.raises(Interrupted):  # as a try that dies on its way
        key.encrypt_many([1] * 6, interrupted)
    made = [*key.encrypt_many([2] * 5, Random(7).randbytes)]
    key.draw_ahead(Random(8).randbytes, lambda: False)
    made += key.encrypt_many([3] * 9, Random(9).randbytes)
    before = randomness(owner().encrypt_many([0] * 5, Random(6).randbytes))
    assert len(set(randomness(made)) | set(before)) == len(made) + len(before)


class Interrupted(Exception):
    """Stand for what ends an encryption half-way."""


def interrupted(_size: int) -> bytes:
    raise Interrupted


def test_a_process_that_starts_anew_has_nothing_that_was_drawn_before():
    key = owner()
    again = paillier.PrivateKey.from_bytes(key.to_bytes())
    used = key.encrypt_many([0] * 5, Random(6).randbytes)
    assert not set(used) & set(again.encrypt_many([0] * 5, Random(6).randbytes))


def test_an_owner_fills_its_store_once_it_encrypts_and_stops_when_told():
    key, draws = fresh(), Random(5)
    key.draw_ahead(interrupted, lambda: False)  # nothing was encrypted yet
    key.encrypt_many([0], draws.randbytes)
    turns = iter([False, False, True])
    key.draw_ahead(draws.randbytes, lambda: next(turns))
    with pytest.raises(Interrupted):
        key.draw_ahead(interrupted, lambda: False)
    key.draw_ahead(draws.randbytes, lambda: False)
    key.draw_ahead(interrupted, lambda: False)
    key.encrypt_many([0] * 5, interrupted)
    with pytest.raises(Interrupted):
        key.encrypt_many([0], interrupted)
    key.draw_ahead(draws.randbytes, lambda: False)
    key.drop_ahead()
    with pytest.raises(Interrupted):
        key.encrypt_many([0], interrupted)
