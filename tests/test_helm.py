"""The Helm chart: rendered by Helm's own engine where it is installed, its values wherever.

    pip install helm-python-sdk kubernetes-validate

They are 350 MB, so they are not part of what the tests install.
"""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from functools import reduce
from pathlib import Path
from secrets import token_bytes as random_bytes
from typing import Any

import jsonschema
import pytest
import yaml

from api.console.people import read_people
from cleanroom.mediator.bootstrap import read_home
from protocols.signing import SigningKey
from tests.proxies import check_proxy

ROOT = Path(__file__).parents[1]
CHART = ROOT / "docs" / "how-to" / "deploy" / "helm" / "cleanroom"
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
TEMPLATES = "\n".join(one.read_text("utf-8") for one in (CHART / "templates").iterdir())
USER = int(
    re.findall(r"^USER (\d+)$", (ROOT / "Containerfile").read_text("utf-8"), re.MULTILINE)[0]
)
PEOPLE = 'issuer = "https://login.example"\nclient_id = "c"\n'
SEVERAL = {
    "mediator": {
        "replicas": 3,
        "store": "postgresql://cleanroom@database/cleanroom",
        "blobs": "s3://cleanroom/rooms",
        "keySecret": "key",
        "storeSecret": "database",
        "blobsSecret": "bucket",
        "people": PEOPLE,
    }
}
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
    for wrong in (
        *({"agnet": {}}, {"agent": {"role": "owner"}}, {"mediator": {"publicURL": "x"}}),
        *({"mediator": {"replicas": count}} for count in (0, 1.5, "2")),
        {"mediator": {"environment": {"CLEANROOM_STORE": "postgresql://database/cleanroom"}}},
    ):
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
        (SEVERAL, {"Service", "StatefulSet", "ConfigMap", "Deployment", "PodDisruptionBudget"}),
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
        assert one["replicas"] == values.get("mediator", {}).get("replicas", 1)
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["runAsUser"] == USER
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        claims = {claim["metadata"]["name"]: claim for claim in one.get("volumeClaimTemplates", ())}
        assert (claims.keys() == {"data"}) != ("replicas" in values.get("mediator", {}))
        volumes |= claims
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


def of_kind(found: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in found if one["kind"] == kind}


def test_several_servers_are_made_of_what_they_share(tmp_path: Path) -> None:
    """The script that lays out each server's home is run here, and the home read by the program."""
    found = rendered(SEVERAL)
    servers = of_kind(found, "StatefulSet")["rooms-server"]["spec"]
    pod = servers["template"]["spec"]
    (making,) = pod["initContainers"][0]["command"][2:]
    for name in ("data", "given", "key"):
        (tmp_path / name).mkdir()
        making = making.replace(f"/{name}/", f"{tmp_path}/{name}/")
    key = SigningKey.generate(random_bytes)
    (tmp_path / "key" / "mediator.key").write_text(f"{key.expose().hex()}\n")
    for name, text in of_kind(found, "ConfigMap")["rooms-mediator"]["data"].items():
        (tmp_path / "given" / name).write_text(text)
    home = tmp_path / "data" / "home"
    for _start in range(2):
        subprocess.run(["sh", "-ec", making], check=True)
        own, settings = read_home(home)
        assert own.verifying_key == key.verifying_key
        given = SEVERAL["mediator"]
        assert (settings.store, settings.blobs) == (given["store"], given["blobs"])
        assert settings.origin == VALUES["mediator"]["origin"]
    assert read_people(home) is not None
    assert not [one for one in (home, *home.iterdir()) if one.stat().st_mode & 0o022]
    assert (home / "mediator.key").stat().st_mode & 0o777 == 0o600
    (server,) = pod["containers"]
    named = [one["secretRef"]["name"] for one in server["envFrom"]]
    assert named == ["database", "bucket"]
    assert server["readinessProbe"]["httpGet"]["path"] == "/v1/readyz"


def test_requests_reach_several_servers_through_the_proxy_and_one_may_be_away_at_a_time() -> None:
    found = rendered(SEVERAL)
    proxy = of_kind(found, "Deployment")["rooms-proxy"]["spec"]
    labels = proxy["template"]["metadata"]["labels"]
    services = of_kind(found, "Service")
    assert services["rooms-mediator"]["spec"]["selector"] == labels
    assert services["rooms-server"]["spec"]["clusterIP"] == "None"
    for name, made in (("rooms-proxy", proxy), ("rooms-server", None)):
        budget = of_kind(found, "PodDisruptionBudget")[name]["spec"]
        of_set = made or of_kind(found, "StatefulSet")[name]["spec"]
        assert budget == {"maxUnavailable": 1, "selector": of_set["selector"]}
    (container,) = proxy["template"]["spec"]["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]
    assert proxy["template"]["spec"]["securityContext"]["runAsNonRoot"]


def test_the_proxy_of_the_chart_keeps_what_belongs_together(tmp_path: Path) -> None:
    text = of_kind(rendered(SEVERAL), "ConfigMap")["rooms-proxy"]["data"]["Caddyfile"]
    check_proxy(tmp_path, text, ":8080 ", [f"rooms-server-{i}.rooms-server:8080" for i in range(3)])


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"replicas": 2}, "Missing: mediator.keySecret, mediator.store, mediator.blobs."),
        ({"store": "postgresql://c@database/c"}, "Missing: mediator.keySecret, mediator.blobs."),
        ({"storeSecret": "database"}, "Missing: mediator.keySecret"),
        ({**SEVERAL["mediator"], "keySecret": "", "replicas": 1}, "Missing: mediator.keySecret."),
        ({**SEVERAL["mediator"], "store": "postgresql://c:pw@database/c"}, "holds a password"),
        ({**SEVERAL["mediator"], "store": "postgresql://database/c?password=pw"}, "a password"),
    ],
)
def test_values_that_contradict_each_other_are_refused_with_a_word(given, word) -> None:
    helm = pytest.importorskip("helm_python")
    with pytest.raises(helm.errors.HelmRenderError, match=re.escape(word)):
        helm.Chart.load(CHART).render({"mediator": given}, name="rooms", namespace="default")
