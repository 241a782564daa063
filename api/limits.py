"""Bound how often one key may ask, and what a request may look like."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class _Bucket:
    tokens: float
    filled: float


class RateLimit:
    """Give each key a bucket of tokens that refills steadily; a request takes one."""

    def __init__(self, rate: float, burst: int, elapsed: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def take(self, key: str) -> bool:
        """Take a token; return False if the bucket is empty."""
        now = self._elapsed()
        with self._lock:
            bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
            bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled) * self._rate)
            bucket.filled = now
            if bucket.tokens < 1:
                return False
            bucket.tokens -= 1
            return True
