"""The Helm chart: rendered by Helm's own engine where it is installed, its values wherever.

    pip install helm-python-sdk kubernetes-validate

They are 350 MB, so they are not part of what the tests install.
"""

from __future__ import annotations

import json
import re
import tomllib
from functools import reduce
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[1]
CHART = ROOT / "docs" / "how-to" / "deploy" / "helm" / "cleanroom"
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
TEMPLATES = "\n".join(one.read_text("utf-8") for one in (CHART / "templates").iterdir())
USER = int(
    re.findall(r"^USER (\d+)$", (ROOT / "Containerfile").read_text("utf-8"), re.MULTILINE)[0]
)
PEOPLE = 'issuer = "https://login.example"\nclient_id = "c"\n'
EVERYTHING = {
    "mediator": {
        "people": PEOPLE,
        "peopleSecret": "oidc",
        "environment": {"CLEANROOM_THREADS": "9"},
    },
    "agent": {"enabled": True, "storageClass": "fast"},
    "imagePullSecrets": [{"name": "registry"}],
}


def test_every_value_that_a_template_reads_has_a_default() -> None:
    read = set(re.findall(r"\.Values((?:\.\w+)+)", TEMPLATES))
    assert len(read) > 10
    for path in read:
        reduce(lambda values, name: values[name], path.strip(".").split("."), VALUES)


def test_values_are_checked_and_the_defaults_pass() -> None:
    jsonschema.validate(VALUES, SCHEMA)
    for wrong in ({"agnet": {}}, {"agent": {"role": "owner"}}, {"mediator": {"publicURL": "x"}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**VALUES, **wrong}, SCHEMA)


def test_the_chart_is_of_this_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert chart["appVersion"] == project["version"] and chart["apiVersion"] == "v2"


def rendered(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what Helm makes of the chart, each document valid for Kubernetes."""
    helm = pytest.importorskip("helm_python")
    kubernetes = pytest.importorskip("kubernetes_validate")
    chart = helm.Chart.load(CHART)
    chart.validate_schema(values)
    made = chart.render(values, name="rooms", namespace="default")
    found = [one for text in made.values() for one in yaml.safe_load_all(text) if one]
    for one in found:
        kubernetes.validate(one, kubernetes.latest_version(), strict=True)
    return found


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ({}, {"Service", "StatefulSet"}),
        (EVERYTHING, {"Service", "StatefulSet", "ConfigMap", "NetworkPolicy"}),
        ({"mediator": {"enabled": False}, "agent": {"enabled": True}},
         {"StatefulSet", "NetworkPolicy"}),
    ],
)  # fmt: skip
def test_what_it_renders_runs_as_nobody_and_writes_to_its_volumes_alone(values, kinds) -> None:
    found = rendered(values)
    assert {one["kind"] for one in found} == kinds
    sets = [one["spec"] for one in found if one["kind"] == "StatefulSet"]
    for one in sets:
        pod = one["template"]["spec"]
        assert one["replicas"] == 1 and pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["runAsUser"] == USER
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        volumes |= {claim["metadata"]["name"]: claim for claim in one["volumeClaimTemplates"]}
        for container in pod["initContainers"] + pod["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"]
            assert context["capabilities"] == {"drop": ["ALL"]}
            mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
            assert mounted["data"] == "/data" and mounted.keys() <= volumes.keys()
            home = {"name": "CLEANROOM_HOME", "value": "/data/home"}
            assert home in container["env"]
            assert not any("PASSPHRASE" in entry["name"] for entry in container["env"])
        assert all("readinessProbe" in container for container in pod["containers"])
