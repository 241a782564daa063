"""Show the steps of a job to OpenTelemetry, where it is installed and told where to send them.

A job's identifier is the identifier of its trace, so the steps of both agents and the mediator meet
in one picture and nothing more goes over the wire.  A span names a step and who took it, never a
size, a text or an error's sentence.  The mediator's are moments without a length, of what members
see at that time anyway: how long it computes follows from how many people match.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from cleanroom.errors import InvalidInput
from cleanroom.identifier import is_identifier

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Tracer

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Variables of OpenTelemetry that say where traces go; without one of them none are made."""
PATIENCE: Final = 2
"""Seconds for which a collector that does not answer holds up the end of a program."""


def export(service: str) -> None:
    """Send traces to where the environment says; do nothing if it says nothing.

    Raises ``InvalidInput`` if the packages for that are missing.
    """
    if not any(map(os.environ.get, ENDPOINTS)):
        return
    try:
        from opentelemetry import trace  # noqa: PLC0415 (an extra)
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        raise InvalidInput(
            "Sending traces needs OpenTelemetry's SDK and OTLP exporter.",
            remedy='Run: pip install "cleanroom-two-party[telemetry]"',
        ) from None
    # Not what the environment adds to a resource: a name of a machine or a person may be in it.
    provider = TracerProvider(resource=Resource({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=PATIENCE)))
    # One line when spans are lost, not one for each try.
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
    trace.set_tracer_provider(provider)


@contextmanager
def step(job: str, name: str, party: str) -> Iterator[None]:
    """Trace a step of a job for as long as it takes; an error is told by its kind alone."""
    tracer = _tracer()
    parent = _trace_of(job) if tracer else None
    if tracer is None or parent is None:
        yield
        return
    with tracer.start_as_current_span(
        name,
        parent,
        attributes={"party": party},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except BaseException as error:
            span.set_attribute("error.type", type(error).__name__)
            raise


def moment(job: str, name: str) -> None:
    """Trace that something happened to a job, without a length."""
    tracer = _tracer()
    parent = _trace_of(job) if tracer else None
    if tracer is not None and parent is not None:
        now = time.time_ns()
        tracer.start_span(name, parent, start_time=now).end(now)


def _tracer() -> Tracer | None:
    """Return where spans go; None without OpenTelemetry."""
    try:
        from opentelemetry import trace  # noqa: PLC0415 (an extra)
    except ImportError:
        return None
    return trace.get_tracer("cleanroom")


def _trace_of(job: str) -> Context | None:
    """Return the trace that a job's identifier names; None if it is not an identifier."""
    from opentelemetry import trace  # noqa: PLC0415 (an extra)

    if not is_identifier(job):
        return None
    number = int(job, 16)
    sampled = trace.TraceFlags(trace.TraceFlags.SAMPLED)
    root = trace.SpanContext(number, number % (1 << 64) or 1, is_remote=True, trace_flags=sampled)
    return trace.set_span_in_context(trace.NonRecordingSpan(root))
