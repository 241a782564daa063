"""The image is built by a rootless builder's own rules and its programs run in it as nobody.

Where nothing is pulled from, its base is a clean root of Debian with Python, by debootstrap, under
the base's name.  Needs root, buildah and debootstrap; takes minutes and the network.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.test_packaging import CONTAINERFILE, ROOT, canonicalize_name, needed, pins

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.getuid() != 0 or not all(map(shutil.which, ("buildah", "debootstrap"))),
        reason="needs root, buildah and debootstrap",
    ),
]
(BASE,) = {
    name.replace("${PYTHON}", re.findall(r"^ARG PYTHON=(\S+)$", CONTAINERFILE, re.MULTILINE)[0])
    for name in re.findall(r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE)
}
CERTIFICATES = "/etc/ssl/certs:/etc/ssl/certs:ro"
"""What this machine trusts, for the way to the packages; no part of the image."""

Builder = Callable[..., str]


@pytest.fixture(scope="module")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    """A builder with a store of its own, without an engine and without privileges of one."""
    folder = tmp_path_factory.mktemp("image")
    store = ("--root", str(folder / "root"), "--runroot", str(folder / "run"))

    def call(*words: str) -> str:
        command = ["buildah", *store, "--storage-driver", "vfs", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout

    yield call
    call("rm", "--all")
    call("rmi", "--all", "--force")


@pytest.fixture(scope="module")
def inside(buildah: Builder, tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """Build the image and return what runs a command in it, as its own user."""
    root = tmp_path_factory.mktemp("base") / "root"
    packages = "python3,python3-venv,ca-certificates"
    made = ["debootstrap", "--variant=minbase", f"--include={packages}", "bookworm", str(root)]
    subprocess.run(made, capture_output=True, check=True)
    (root / "usr" / "bin" / "python").symlink_to("python3")
    base = buildah("from", "scratch").strip()
    buildah("add", "--quiet", base, str(root), "/")
    buildah("commit", "--quiet", base, BASE)
    buildah("build", "--isolation", "chroot", "--pull=never", "--layers=false", "--volume",
            CERTIFICATES, "--tag", "cleanroom", "--file", "Containerfile", ".")  # fmt: skip
    container = buildah("from", "--pull-never", "cleanroom").strip()
    return lambda *words: buildah("run", "--isolation", "chroot", container, "--", *words)


def test_programs_run_in_it_as_nobody(inside: Builder) -> None:
    assert inside("id", "-u").strip() == "10001"
    inside("cleanroom", "--help")
    home = ("--home", "/home/mediator/home")
    assert "fingerprint" in json.loads(inside("cleanroom-server", "init", *home, "--json"))
    checked = json.loads(inside("cleanroom-server", "check", *home, "--json"))
    assert isinstance(checked, dict)
    made = ("sh", "-c", 'CLEANROOM_PASSPHRASE="a long enough phrase" "$0" "$@"')
    party = ("cleanroom", "party", "init", "--name", "acme", "--role", "brand", "--json")
    assert json.loads(inside(*made, *party, "--home", "/home/party/home"))
    inside("sh", "-c", "! touch /opt/cleanroom/x 2>/dev/null && touch /cache/x")


def test_its_list_of_parts_names_every_package_at_its_pin(inside: Builder) -> None:
    sbom = json.loads(inside("cat", "/opt/cleanroom/sbom.cdx.json"))
    assert sbom["bomFormat"] == "CycloneDX"
    parts = {canonicalize_name(one["name"]): one["version"] for one in sbom["components"]}
    known = pins()
    for name in needed({"flask", "phe", "authlib", "mcp", "duckdb", "opentelemetry-sdk"}):
        assert parts[name] == known[name]
    # Nothing of the build itself, and nothing of the tests.
    assert not parts.keys() & {"pytest", "ruff", "cyclonedx-bom", "hatchling"}
