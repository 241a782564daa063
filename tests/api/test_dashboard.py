"""Every metric and label that the dashboard asks for is one that the programs show."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from api.metrics import Metrics
from api.serve.app import Figures

FILE = Path(__file__).parents[2] / "docs" / "how-to" / "deploy" / "grafana-dashboard.json"
BOARD: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
ASKED = [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]]


def shown() -> dict[str, set[str]]:
    """Return every sample that the programs show, with its labels."""
    served = Metrics()
    served.answered("GET", "/v1/jobs", 200, 0.1)
    served.refused("urn:cleanroom:problem:conflict")
    served.passed(replied=True)
    counts = SimpleNamespace(of_day=lambda *_: 1)
    answerer: Any = SimpleNamespace(counts=counts, place="", terms=SimpleNamespace(per_day=2))
    serving = Figures(answerer, lambda: 0.0)
    serving.refused.labels("rate").inc()
    serving.seconds.observe(0.1)
    return samples(served.registry) | samples(serving.registry)


def samples(registry: CollectorRegistry) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def test_every_metric_of_the_dashboard_exists_with_its_labels() -> None:
    known = shown()
    for expression in ASKED:
        names = set(re.findall(r"cleanroom_\w+", expression))
        assert names and names <= known.keys(), expression
        labels = {
            one.strip() for group in re.findall(r"by \(([^)]*)\)", expression)
            for one in group.split(",")
        }  # fmt: skip
        assert all(labels <= known[name] for name in names), expression


def test_the_dashboard_leaves_no_metric_out() -> None:
    asked = set(re.findall(r"cleanroom_\w+", " ".join(ASKED)))
    stems = {re.sub("_(bucket|sum|count|created)$", "", name) for name in shown()}
    stems -= {name for name in stems if f"{name}_total" in stems}
    assert stems == {re.sub("_(bucket|sum|count)$", "", name) for name in asked}


def test_every_panel_has_an_identifier_and_a_place_of_its_own() -> None:
    panels = BOARD["panels"]
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len({panel["id"] for panel in panels}) == len(places) == len(panels)
