"""Count requests by route and status; no label holds a name, a key or an identifier."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram


class Metrics:
    """Hold the counters of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "cleanroom_requests",
            "Requests by route and status",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.refusals = Counter(
            "cleanroom_refusals", "Refusals by type", ("type",), registry=self.registry
        )
        self.unlogged = Counter(
            "cleanroom_unlogged",
            "Refusals without an entry in a log: their keys had used up that day's share",
            registry=self.registry,
        )
        self.questions = Counter(
            "cleanroom_questions",
            "Questions about single people that were passed on, by whether a reply came in time",
            ("replied",),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "cleanroom_request_seconds", "Time to answer", ("route",), registry=self.registry
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def passed(self, replied: bool) -> None:
        """Count one question that was passed on."""
        self.questions.labels(str(replied).lower()).inc()

    def refused(self, kind: str) -> None:
        """Count one refusal."""
        self.refusals.labels(kind).inc()
