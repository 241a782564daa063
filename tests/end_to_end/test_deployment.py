"""The ready-made files start the real programs: a read-only root, no home, a proxy in front."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.conftest import PASSPHRASE, cleanroom
from tests.end_to_end.test_live_room import started
from tests.proxies import check_proxy, listens, running
from tests.waits import PATIENCE, kept_port, told, wait_for

FILES = Path(__file__).parents[2] / "docs" / "how-to" / "deploy"
ROOT = Path(__file__).parents[2]

READ_ONLY = r"""
set -e
for kept in $KEPT; do mount --bind "$kept" "$kept"; done
mount -o remount,ro,bind /
exec setpriv --bounding-set=-all --inh-caps=-all "$@"
"""
"""A root that nobody writes, as ``ProtectSystem=strict`` and ``read_only`` make it, and no
capability that would let root write all the same."""

namespaces = pytest.mark.skipif(
    shutil.which("unshare") is None
    or subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0,
    reason="needs mount namespaces",
)


def unit(name: str) -> dict[str, list[str]]:
    """Return the settings of a unit file by name."""
    found: dict[str, list[str]] = {}
    for line in (FILES / name).read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


def on_read_only_root(command: list[str], *kept: Path, **environment: str) -> subprocess.Popen[str]:
    """Start a program that may write to the kept folders and nowhere else."""
    return subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", READ_ONLY, "sh", *command],
        env={
            **{"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(ROOT)},
            **{"KEPT": " ".join(map(str, kept)), "TMPDIR": str(kept[0])},
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    return out


@namespaces
def test_the_programs_start_where_nothing_can_be_written(tmp_path: Path) -> None:
    home = tmp_path / "state"
    home.mkdir()
    refused = on_read_only_root(["touch", str(tmp_path / "other")], home)
    refused.communicate(timeout=PATIENCE)
    assert refused.returncode != 0, "the root can be written after all"
    server = [sys.executable, "-m", "api.server", "init", "--home", str(home / "mediator")]
    ended(on_read_only_root(server, home))
    explain = ["ids", "explain", "a@b.example", "--profile", "email:uid2:v1"]
    out = ended(on_read_only_root([sys.executable, "-m", "cleanroom.cli", *explain], home))
    assert "a@b.example" in out


@namespaces
def test_the_mediators_unit_serves_on_a_read_only_root(tmp_path: Path) -> None:
    settings = unit("cleanroom-mediator.service")
    assert settings["CacheDirectory"] == settings["StateDirectory"] == ["cleanroom"]
    state, cache = tmp_path / "lib", tmp_path / "cache"
    state.mkdir(mode=0o700)
    cache.mkdir()
    environment = dict(one.split("=", 1) for one in settings["Environment"])
    assert environment.pop("NUMBA_CACHE_DIR") == "/var/cache/cleanroom"
    environment["NUMBA_CACHE_DIR"] = str(cache)
    server = [sys.executable, "-m", "api.server"]
    ended(on_read_only_root([*server, "init", "--home", str(state)], state, cache))
    line = settings["ExecStart"][0].replace("/var/lib/cleanroom", str(state)).split()
    assert line[0].endswith("/cleanroom-server")
    line[line.index("--port") + 1] = "0"
    ready = state / "ready"
    command = [*server, *line[1:], "--ready-file", str(ready)]
    process = on_read_only_root(command, state, cache, **environment)
    try:
        url = told(ready, process)
        with urllib.request.urlopen(f"{url}/v1/readyz", timeout=PATIENCE) as answer:
            assert answer.status == 200
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)
    hashing = "from protocols import merkle, strings as s; merkle.leaf_hashes(s.PackedStrings.pack([b'x']))"  # noqa: E501
    kept = {"NUMBA_CACHE_DIR": str(cache)}
    ended(on_read_only_root([sys.executable, "-c", hashing], state, cache, **kept))
    assert any(cache.rglob("*.nbi")), "compiled code was not kept"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
@pytest.mark.parametrize("name", ["cleanroom-agent.service", "cleanroom-mediator.service"])
def test_systemd_understands_the_units(tmp_path: Path, name: str) -> None:
    text = (FILES / name).read_text()
    copy = tmp_path / name
    copy.write_text(re.sub(r"/usr/local/bin/cleanroom\S*", "/bin/true", text))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"{name}:" not in done.stderr, done.stderr


# --- proxies


@contextmanager
def nginx(folder: Path, port: int, upstream: int) -> Iterator[None]:
    snippet = (FILES / "nginx.conf").read_text().replace("127.0.0.1:8080", f"127.0.0.1:{upstream}")
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; user root; events {{}}\n"
        f"http {{ access_log off; {paths}\nserver {{ listen 127.0.0.1:{port};\n{snippet}\n}} }}"
    )
    with running(["nginx", "-e", "stderr", "-c", str(folder / "nginx.conf")]):
        yield


@contextmanager
def caddy(folder: Path, port: int, upstream: int) -> Iterator[None]:
    text = (FILES / "Caddyfile").read_text()
    text = text.replace("rooms.example", f"http://127.0.0.1:{port}")
    text = text.replace("mediator:8080", f"127.0.0.1:{upstream}")
    options = "{\n admin off\n}\n"
    (folder / "Caddyfile").write_text(options + text)
    command = ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    with running(command, HOME=str(folder), XDG_DATA_HOME=str(folder)):
        yield


CUT_OFF = 0
"""A proxy may close a connection while a body that is too long is still being sent."""


def status(url: str, body: bytes | None = None) -> int:
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, data=body), timeout=PATIENCE
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except urllib.error.URLError:
        return CUT_OFF


ROOM = """
[room]
name = "live"
templates = ["overlap"]
[policy]
k_min = 20
noise = "discrete-gaussian"
rho_per_release = 0.05
rho_budget = 0.12
paillier_bits = 2048
[datasets.brand.crm]
file = "brand.csv"
kind = "audience"
id = { column = "email", profile = "email:uid2:v1" }
[datasets.platform.users]
file = "users.csv"
kind = "audience"
id = { column = "email", profile = "email:uid2:v1" }
"""


@dataclass(frozen=True)
class Served:
    """A mediator with two admitted parties, known by the address of the proxy in front of it."""

    folder: Path
    port: int
    upstream: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def party(self, role: str, *arguments: str) -> str:
        """Run a command of a party and return what it printed."""
        place = {"CLEANROOM_HOME": str(self.folder / role), "CLEANROOM_PASSPHRASE": PASSPHRASE}
        done = cleanroom(*arguments, **place)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    mediator, ready, kept = folder / "mediator", folder / "ready", kept_port()
    port = kept.getsockname()[1]
    server = [sys.executable, "-m", "api.server"]
    subprocess.run([*server, "init", "--home", str(mediator)], check=True)
    for role in ("brand", "platform"):
        home, url = str(folder / role), f"http://127.0.0.1:{port}"
        who = ("party", "init", "--name", role, "--role", role)
        done = cleanroom(*who, "--mediator", url, "--home", home)
        assert done.returncode == 0, done.stderr
        admit = ["admit", f"{home}/card.json", "--home", str(mediator)]
        subprocess.run([*server, *admit], check=True)
    public = {"CLEANROOM_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    serve = ("run", "--home", str(mediator), "--ready-file", str(ready))
    with kept, started("api.server", *serve, **public):
        yield Served(folder, port, int(told(ready).rpartition(":")[2]))


@pytest.mark.parametrize("proxy", [nginx, caddy], ids=["nginx", "caddy"])
def test_a_party_works_through_the_proxy(served: Served, tmp_path: Path, proxy) -> None:
    name = proxy.__name__
    if shutil.which(name) is None:
        pytest.skip(f"needs {name}")
    url = served.url
    with proxy(tmp_path, served.port, served.upstream):
        wait_for(lambda: listens(served.port))

        assert status(f"{url}/v1/healthz") == 200
        assert status(f"{url}/v1/metrics") == 404
        assert status(f"{url}/v1/rooms", b"x" * (17 << 20)) in {413, CUT_OFF}
        assert status(f"{url}/v1/healthz") == 200
        assert status(f"{url}/console/") in {200, 401}
        for file in ("brand.csv", "users.csv"):
            lines = "".join(f"person{i}@x.example\n" for i in range(50))
            (tmp_path / file).write_text("email\n" + lines)
        room, card = tmp_path / "room.toml", served.folder / "platform" / "card.json"
        room.write_text(ROOM.replace('"live"', f'"live-{name}"'))
        served.party("brand", "room", "propose", str(room), "--card", str(card))
        served.party("platform", "room", "show", f"live-{name}", "--json")


def test_the_proxy_before_several_servers_keeps_what_belongs_together(tmp_path: Path) -> None:
    text = (FILES / "Caddyfile-grow").read_text()
    check_proxy(tmp_path, text, "rooms.example ", ["one:8080", "two:8080"])
