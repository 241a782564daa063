"""The steps of a job meet in one trace, and say who did what and nothing of what it was about."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from unittest import mock

import pytest

from cleanroom import traces
from cleanroom.agent import loop, vault
from cleanroom.documents.agreement import Policy
from cleanroom.errors import InvalidInput
from tests.cleanroom.agent.conftest import Place, meet
from tests.cleanroom.queries.room import FOREVER, Measure, audience

sdk = pytest.importorskip("opentelemetry.sdk.trace")

CANARY = "canary"
PEOPLE = [f"{CANARY}-{number}" for number in range(11)]
DATA = {
    "acme": audience(PEOPLE[:9], measures={"spend": Measure([4_321] * 9, 5_000)}),
    "telco": audience(PEOPLE[2:], {"age": [f"{CANARY} old", f"{CANARY} young", "x"] * 3}),
}
POLICY = Policy(k_min=1, noise="none", paillier_bits=512, expires=FOREVER, alignment=("dh",))
JOB = "0123456789abcdef" * 2


class Kept:
    """An exporter that keeps spans, and the tracer that feeds it."""

    def __init__(self) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        self._exporter = InMemorySpanExporter()
        provider = sdk.TracerProvider(resource=Resource({"service.name": "test"}))
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = provider.get_tracer("cleanroom")

    @property
    def spans(self) -> list[Any]:
        return list(self._exporter.get_finished_spans())


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    found = Kept()
    monkeypatch.setattr(traces, "_tracer", lambda: found.tracer)
    return found


@pytest.fixture
def place(tmp_path: Any) -> Iterator[Place]:
    with mock.patch.object(vault, "SCRYPT_COST", 2), mock.patch.object(vault, "OLD_COST", 2):
        yield meet(tmp_path)


def test_a_job_is_one_trace_over_both_agents_and_the_mediator(place: Place, kept: Kept) -> None:
    room = place.talk(DATA, policy=POLICY)["acme"]
    assert not kept.spans  # an alignment is not a job
    parameters = {"group_by": ["platform.age"], "measures": ["spend"]}
    job = place.ask(room, "overlap", parameters)
    place.work()
    assert place.mediator.worker().run_once()
    place.work()
    told = {(span.name, span.attributes.get("party")) for span in kept.spans}
    assert {
        ("mediator job.submit", None),
        ("agent approve", "acme"),
        ("agent approve", "telco"),
        ("mediator job.approve", None),
        ("mediator release", None),
        ("agent open", "acme"),
    } <= told
    assert {f"{span.context.trace_id:032x}" for span in kept.spans} == {job}
    assert {name for span in kept.spans for name in span.attributes} == {"party"}
    # How long the mediator takes follows from how many match: its spans have no length.
    assert all(
        span.start_time == span.end_time for span in kept.spans if span.name.startswith("mediator")
    )
    text = "".join(span.to_json() for span in kept.spans)
    secrets = [CANARY, "4321", room.home.signing.expose().hex(), room.home.label_key.hex()]
    assert not [one for one in secrets if one in text]


def test_an_error_is_told_by_its_kind_alone(kept: Kept) -> None:
    with pytest.raises(InvalidInput), traces.step(JOB, "agent open", "acme"):
        raise InvalidInput(f"row 7 holds {CANARY}")
    (span,) = kept.spans
    assert dict(span.attributes) == {"party": "acme", "error.type": "InvalidInput"}
    assert not span.events
    assert span.status.description is None
    assert CANARY not in span.to_json()


@pytest.mark.parametrize("job", ["", CANARY, "../x", JOB.upper(), f"{JOB}\n", JOB[:-1]])
def test_what_is_no_identifier_of_a_job_leaves_no_trace(kept: Kept, job: str) -> None:
    with traces.step(job, "agent open", "acme"):
        traces.moment(job, "mediator release")
    assert not kept.spans


def test_a_mediators_word_for_a_step_goes_into_no_trace() -> None:
    assert loop._known({"what": CANARY}) == "other"
    assert loop._known({"what": "open"}) == "open"


def test_without_the_package_nothing_happens_and_nothing_fails() -> None:
    gone = mock.patch.dict("sys.modules", {"opentelemetry": None})
    with gone, traces.step(JOB, "agent open", "acme"):
        traces.moment(JOB, "mediator release")


def test_traces_are_sent_only_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    from opentelemetry import trace

    for name in traces.ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(trace, "set_tracer_provider", lambda _made: pytest.fail("it was set up"))
    traces.export("cleanroom-agent")
    monkeypatch.setenv(traces.ENDPOINTS[0], "http://127.0.0.1:9")
    with (
        mock.patch.dict("sys.modules", {"opentelemetry.sdk.trace": None}),
        pytest.raises(InvalidInput, match="telemetry"),
    ):
        traces.export("cleanroom-agent")


def test_a_collector_gets_the_trace_and_no_name_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    from opentelemetry import trace

    bodies: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_given: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    made: list[Any] = []
    monkeypatch.setattr(trace, "set_tracer_provider", made.append)
    monkeypatch.setattr(traces, "_tracer", lambda: made[0].get_tracer("cleanroom"))
    monkeypatch.setenv(traces.ENDPOINTS[0], f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", f"host.name={CANARY}")
    try:
        traces.export("cleanroom-mediator")
        traces.moment(JOB, "mediator release")
        made[0].shutdown()
    finally:
        server.shutdown()
        server.server_close()
    ((path, body),) = bodies
    assert path == "/v1/traces"
    assert bytes.fromhex(JOB) in body
    assert b"cleanroom-mediator" in body
    assert CANARY.encode() not in body
