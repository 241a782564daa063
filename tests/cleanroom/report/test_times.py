"""Lengths of time are written alike everywhere; what was measured is rounded up, by little."""

from __future__ import annotations

import pytest

from cleanroom.words.times import length, measured


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (86_400, "1 day", "1 天"),
        (90 * 86_400, "90 days", "90 天"),
        (36 * 3600, "36 hours", "36 小时"),
        (5400, "90 minutes", "90 分钟"),
        (61, "61 seconds", "61 秒"),
    ],
)
def test_a_length_that_was_agreed_is_exact(seconds: int, english: str, chinese: str) -> None:
    assert (length(seconds), length(seconds, "zh")) == (english, chinese)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (599, "599 seconds"),
        (601, "11 minutes"),
        (192_478, "54 hours"),
        (864_001, "11 days"),
    ],
)
def test_a_length_that_was_measured_is_no_shorter_than_it_was(seconds: int, told: str) -> None:
    assert measured(seconds) == told
