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
    """Give each key a bucket of tokens that refills steadily; a request takes some."""

    def __init__(self, rate: float, burst: int, elapsed: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def take(self, key: str, tokens: int = 1) -> bool:
        """Take tokens; return False, and take none, if the bucket holds fewer."""
        now = self._elapsed()
        with self._lock:
            bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
            bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled) * self._rate)
            bucket.filled = now
            if bucket.tokens < tokens:
                return False
            bucket.tokens -= tokens
            return True
