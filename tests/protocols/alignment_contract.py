"""What every alignment profile must do; a profile's test file subclasses ``AlignmentContract``.

The two participants run in this process over a relay that a test may put a hand into.
"""

from __future__ import annotations

import itertools
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from protocols.alignment import Context, Frame, Participant, Profile
from protocols.errors import LocalError, ProtocolError, RemoteError
from protocols.strings import PackedStrings

ROOM = bytes(range(16))
ALIGNMENT = bytes(range(16, 32))

Intercept = Callable[[int, Frame], Iterable[Frame]]
"""Replace a frame that participant 0 or 1 sent by what its peer is to receive."""


def people(numbers: Iterable[int]) -> list[bytes]:
    return [b"email:uid2:v1\x00person%d@example.com" % number for number in numbers]


def contexts(own: int, peer: int, room: bytes = ROOM, alignment: bytes = ALIGNMENT):
    return (
        Context(room, alignment, 0, own, peer),
        Context(room, alignment, 1, peer, own),
    )


def deliver_unchanged(sender: int, frame: Frame) -> list[Frame]:
    return [frame]


def relay(
    sides: tuple[Participant, Participant],
    intercept: Intercept = deliver_unchanged,
    eager: bool = False,
) -> list[tuple[int, Frame]]:
    """Carry frames both ways until nothing moves; return what was sent, with its sender.

    Lazily, one frame of each ``start`` is drawn per turn; eagerly, all are drawn at once.
    """
    sent: list[tuple[int, Frame]] = []
    boxes: tuple[deque[Frame], deque[Frame]] = (deque(), deque())

    def post(sender: int, frames: Iterator[Frame]) -> None:
        for frame in frames:
            sent.append((sender, frame))
            boxes[1 - sender].extend(intercept(sender, frame))

    starts = [side.start() for side in sides]
    moving = True
    while moving:
        before = len(sent)
        for sender in (0, 1):
            post(sender, itertools.islice(starts[sender], None if eager else 1))
        moving = len(sent) > before or any(boxes)
        for reader in (0, 1):
            while boxes[reader]:
                post(reader, sides[reader].receive(boxes[reader].popleft()))
    return sent


@dataclass
class Outcome:
    """Both sides' secrets of an undisturbed run, and every frame that was sent."""

    secrets: tuple[np.ndarray, np.ndarray]
    sent: list[tuple[int, Frame]]

    def sets(self) -> tuple[set[bytes], set[bytes]]:
        first, second = ({row.tobytes() for row in side} for side in self.secrets)
        return first, second


class AlignmentContract:
    """Subclass with ``profile`` (in a ``staticmethod``) and sizes that reach every branch of it."""

    profile: ClassVar[Profile]
    declared: ClassVar[tuple[int, int]] = (64, 128)
    many_chunks: ClassVar[tuple[int, int]] = (64, 128)
    """Declared sizes at which side 0 sends two frames of one step, one after the other."""
    sizes: ClassVar[list[tuple[int, int, int]]] = [
        (0, 0, 0),
        (0, 5, 0),
        (1, 1, 1),
        (1, 1, 0),
        (7, 33, 3),
        (64, 128, 40),
    ]
    """Rows of one side, rows of the other, rows in common."""

    def pair(
        self,
        first: list[bytes],
        second: list[bytes],
        *,
        declared: tuple[int, int] | None = None,
        room: bytes = ROOM,
        alignment: bytes = ALIGNMENT,
    ) -> tuple[Participant, Participant]:
        here, there = contexts(*(declared or self.declared), room, alignment)
        make = type(self).profile
        return (
            make(here, PackedStrings.pack(first), secrets.token_bytes),
            make(there, PackedStrings.pack(second), secrets.token_bytes),
        )

    def align(self, first: list[bytes], second: list[bytes], **options) -> Outcome:
        eager = options.pop("eager", False)
        sides = self.pair(first, second, **options)
        sent = relay(sides, eager=eager)
        assert sides[0].finished
        assert sides[1].finished
        return Outcome((sides[0].secrets(), sides[1].secrets()), sent)

    def test_equal_identifiers_and_no_others_get_equal_secrets(self):
        for rows, peer_rows, common in self.sizes:
            first = people(range(rows))
            second = people(range(rows - common, rows - common + peer_rows))[::-1]
            declared = (max(rows, self.declared[0]), max(peer_rows, self.declared[1]))
            outcome = self.align(first, second, declared=declared)
            assert [side.shape for side in outcome.secrets] == [(rows, 32), (peer_rows, 32)]
            assert all(side.dtype == np.uint8 for side in outcome.secrets)
            mine = {
                row.tobytes(): name for row, name in zip(outcome.secrets[0], first, strict=True)
            }
            theirs = {
                row.tobytes(): name for row, name in zip(outcome.secrets[1], second, strict=True)
            }
            assert len(mine) == rows
            assert len(theirs) == peer_rows
            found = {mine[secret]: theirs[secret] for secret in mine.keys() & theirs.keys()}
            assert found == {name: name for name in set(first) & set(second)}
            assert len(found) == common

    def test_the_order_in_which_frames_are_drawn_is_free(self):
        names = people(range(5))
        first, second = self.align(names, names, declared=self.many_chunks, eager=True).sets()
        assert first == second

    def test_secrets_change_with_every_attempt_room_and_alignment(self):
        names = people(range(5))
        runs = [
            self.align(names, names),
            self.align(names, names),
            self.align(names, names, room=b"another room 123"),
            self.align(names, names, alignment=b"another one 1234"),
        ]
        seen = [outcome.sets()[0] for outcome in runs]
        assert all(first == second for first, second in (outcome.sets() for outcome in runs))
        assert all(not one & other for one, other in itertools.combinations(seen, 2))

    @pytest.mark.parametrize("field", ["room", "alignment"])
    def test_participants_of_different_contexts_share_nothing(self, field):
        names = people(range(5))
        one = self.pair(names, names)[0]
        other = self.pair(names, names, **{field: bytes(16)})[1]
        try:
            relay((one, other))
        except RemoteError:
            return
        shared = {row.tobytes() for row in one.secrets()} & {
            row.tobytes() for row in other.secrets()
        }
        assert not shared

    def test_frames_tell_the_declared_sizes_only(self):
        full = self.align(*(people(range(count)) for count in self.declared))
        bare = self.align(people(range(1)), people(range(2)))
        shapes = [
            sorted((side, frame.step, frame.chunk, len(frame.payload)) for side, frame in run.sent)
            for run in (full, bare)
        ]
        assert shapes[0] == shapes[1]

    def test_no_frame_repeats_across_attempts_and_none_holds_a_secret(self):
        names = people(range(5))
        runs = [self.align(names, names) for _ in range(2)]
        first, second = ({frame.payload for _, frame in run.sent} for run in runs)
        assert not first & second
        wire = b"".join(frame.payload for run in runs for _, frame in run.sent)
        assert all(secret not in wire for run in runs for secret in run.sets()[0])

    @pytest.mark.parametrize("fault", ["repeat", "skip", "step", "short", "long", "empty", "chunk"])
    def test_every_disturbed_frame_is_refused(self, fault):
        sent = self.align(people(range(5)), people(range(5))).sent
        for target in _one_frame_of_each_step(sent):
            sides = self.pair(people(range(5)), people(range(5)))
            # Losing the last frame is no error to a machine without a clock: it never finishes.
            with pytest.raises(RemoteError if fault != "skip" else (RemoteError, _StuckError)):
                relay(sides, _disturb(fault, target))
                _expect_finished(sides)

    def test_swapped_frames_are_refused(self):
        sides = self.pair(people(range(5)), people(range(5)), declared=self.many_chunks)
        held: list[Frame] = []

        def swap_the_first_two(sender: int, frame: Frame) -> list[Frame]:
            if sender == 1 or len(held) == 2:
                return [frame]
            held.append(frame)
            return held[::-1] if len(held) == 2 else []

        with pytest.raises(RemoteError):
            relay(sides, swap_the_first_two, eager=True)

    def test_an_injected_frame_after_the_end_is_refused(self):
        sent = self.align(people(range(5)), people(range(5))).sent
        for target in _one_frame_of_each_step(sent):
            sender, frame = sent[target]
            sides = self.pair(people(range(5)), people(range(5)))
            relay(sides)
            with pytest.raises(RemoteError):
                list(sides[1 - sender].receive(frame))

    def test_a_participant_is_of_no_use_after_a_bad_frame(self):
        sides = self.pair(people(range(5)), people(range(5)))
        with pytest.raises(RemoteError):
            list(sides[0].receive(Frame("no such step", 0, b"")))
        with pytest.raises(LocalError):
            relay(sides)
        with pytest.raises(LocalError):
            sides[0].secrets()

    def test_secrets_are_read_once_and_only_at_the_end(self):
        sides = self.pair(people(range(5)), people(range(5)))
        with pytest.raises(LocalError):
            sides[0].secrets()
        relay(sides)
        assert len(sides[0].secrets()) == 5
        with pytest.raises(LocalError):
            sides[0].secrets()
        sides[1].erase()
        with pytest.raises(LocalError):
            sides[1].secrets()

    def test_start_works_once(self):
        side = self.pair(people(range(5)), people(range(5)))[0]
        side.start()
        with pytest.raises(LocalError):
            side.start()

    @pytest.mark.parametrize(
        "change",
        [{"room": b"x"}, {"alignment": b"x" * 17}, {"position": 2}, {"own_count": 4}],
    )
    def test_a_context_that_does_not_fit_is_our_own_fault(self, change):
        context = replace(contexts(64, 64)[0], **change)
        with pytest.raises(LocalError):
            type(self).profile(context, PackedStrings.pack(people(range(5))), secrets.token_bytes)


def _one_frame_of_each_step(sent: list[tuple[int, Frame]]) -> list[int]:
    """Return positions: the last frame of every step of every sender."""
    last = {(sender, frame.step): at for at, (sender, frame) in enumerate(sent)}
    return sorted(last.values())


class _StuckError(ProtocolError):
    pass


def _expect_finished(sides: tuple[Participant, Participant]) -> None:
    if not (sides[0].finished and sides[1].finished):
        raise _StuckError


def _disturb(fault: str, target: int) -> Intercept:
    counter = itertools.count()

    def intercept(sender: int, frame: Frame) -> list[Frame]:
        if next(counter) != target:
            return [frame]
        return {
            "repeat": [frame, frame],
            "skip": [],
            "step": [replace(frame, step=frame.step + "x")],
            "short": [replace(frame, payload=frame.payload[:-1])],
            "long": [replace(frame, payload=frame.payload + b"\x00")],
            "empty": [replace(frame, payload=b"")],
            "chunk": [replace(frame, chunk=frame.chunk + 1)],
        }[fault]

    return intercept
