"""Requests that a machine makes up from the description of the interface: refused, never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from tests.api.party import World, world
from tests.hostile.dry import dry

EXAMPLES = 4
"""Requests per operation in the short run."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with world(tmp_path_factory.mktemp("openapi") / "mediator") as place:
        place.open_room()
        dry(place)
        yield place


def operations(place: World) -> list[Any]:
    document = place.brand.http.get("/v1/openapi.json").get_json()
    schema = schemathesis.openapi.from_dict(document)
    results = list(schema.get_all_operations())
    faults = [str(result.err()) for result in results if hasattr(result, "err") and result.err()]
    assert not faults, faults
    return [result.ok() for result in results]


def fire(place: World, case: Any) -> Any:
    """Send a made-up case as an admitted party, signed as it stands."""
    from urllib.parse import urlencode

    path = case.formatted_path
    if case.query:
        pairs = [(name, value) for name, value in case.query.items()]
        path += "?" + urlencode(pairs, doseq=True)
    body, headers = None, {}
    if case.method not in ("GET", "HEAD"):
        media = case.media_type or "application/json"
        made = case.body
        if isinstance(made, bytes):
            body = made
        elif isinstance(made, dict | list | str | int | float | bool):
            body = json.dumps(made, ensure_ascii=False).encode("utf-8", "replace")
        else:
            body = b"{}"
        headers["Content_Type"] = media
    try:
        return place.brand.send(case.method, path, body, **headers)
    except (ValueError, UnicodeError):
        # The signer refuses to sign what is not an address: such a request is never made.
        return None


def run(place: World, examples: int) -> int:
    answered = 0
    for operation in operations(place):

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @schemathesis_cases(operation)
        def check(case: Any) -> None:
            nonlocal answered
            answer = fire(place, case)
            if answer is None:
                return
            answered += 1
            assert answer.status_code < 500, (case.method, case.path, answer.get_json())
            if answer.status_code >= 400:
                assert answer.content_type == "application/problem+json"
                assert {"type", "title", "status", "detail"} <= answer.get_json().keys()

        check()
    return answered


def schemathesis_cases(operation: Any) -> Any:
    from hypothesis import given

    return given(case=operation.as_strategy())


@pytest.mark.hypothesis
def test_nothing_that_the_description_allows_is_a_failure_of_ours(served: World) -> None:
    assert run(served, EXAMPLES) > 100


@pytest.mark.slow
def test_many_requests_that_the_description_allows(served: World) -> None:
    assert run(served, 200) > 5000
