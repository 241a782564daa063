"""The doctor says what is wrong, and ends with 1 if anything is."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from cleanroom.agent.home import Home
from cleanroom.cli import doctor
from tests.api import story
from tests.api.party import World
from tests.end_to_end.conftest import PASSPHRASE, cleanroom
from tests.hostile.listening import listening


def findings(home: Path, *more: str, **environment: str) -> tuple[int, dict[str, bool]]:
    done = cleanroom("doctor", "--home", str(home), "--json", *more, **environment)
    return done.returncode, {one["check"]: one["ok"] for one in json.loads(done.stdout)}


def test_everything_is_in_place(place: World, tmp_path: Path) -> None:
    with listening(place.mediator) as address:
        url = f"http://{address[0]}:{address[1]}"
        home = Home.create(tmp_path / "acme", PASSPHRASE, "acme", "brand", url)
        place.mediator.access.admit(home.card)
        code, found = findings(home.path)
    assert code == 0, found
    expected = {"temporary files", "sqlite", "disk", "key files", "signing key"}
    expected |= {"mediator", "mediator ready", "clock"}
    assert expected <= found.keys()
    assert all(found.values())


@pytest.mark.parametrize("fault", ["key file", "passphrase", "mediator"])
def test_what_is_wrong_is_named(tmp_path: Path, fault: str) -> None:
    home = Home.create(tmp_path / "acme", PASSPHRASE, "acme", "brand", "http://127.0.0.1:9")
    if fault == "key file":
        (home.path / "keys" / "signing").chmod(0o644)
        code, found = findings(home.path, "--offline")
        assert not found["key files"]
    elif fault == "passphrase":
        code, found = findings(home.path, "--offline", CLEANROOM_PASSPHRASE="wrong")
        assert not found["home and mediator"]
    else:
        code, found = findings(home.path)
        assert not found["home and mediator"]
    assert code == 1


def test_people_whom_no_disk_has_room_for_are_named_and_how_much_they_need(tmp_path: Path) -> None:
    home = Home.create(tmp_path / "acme", PASSPHRASE, "acme", "brand", "http://127.0.0.1:9")
    most = 10**14
    for given in (["--people", str(most)], []):
        code, found = findings(home.path, "--offline", *given)
        wrong = {name for name, ok in found.items() if not ok}
        assert wrong == ({"room in the home", "temporary files"} if given else set())
        assert code == bool(given)
    folder = home.folder("ab" * 16, "datasets", "cd" * 16)
    folder.mkdir(parents=True)
    kept = story.manifest("brand", people=most // 2, further_profiles=["phone:e164:v1"])
    (folder / "manifest.json").write_bytes(kept.canonical())
    done = cleanroom("doctor", "--home", str(home.path), "--json", "--offline")
    told = {one["check"]: one["detail"] for one in json.loads(done.stdout) if not one["ok"]}
    assert told.keys() == {"room in the home", "temporary files"}
    for check, each in (("room in the home", 255), ("temporary files", 70)):
        assert f"{each * most / 1e9:.1f} GB needed for {most:,} people" in told[check]


MEMORY = Path("/dev/shm")  # noqa: S108 - it is looked at


@pytest.mark.skipif(not doctor._in_memory(MEMORY), reason="needs a folder in memory")
@pytest.mark.parametrize(("people", "is_well"), [(3_834_792, True), (3_834_793, False)])
def test_temporary_files_of_many_people_are_not_to_be_in_memory(
    monkeypatch: pytest.MonkeyPatch, people: int, is_well: bool
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(MEMORY))
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=1 << 60))
    (name, ok, told) = list(doctor._space(MEMORY, people))[-1]
    assert (name, ok) == ("temporary files", is_well)
    assert "in memory" in told
    assert ("point TMPDIR at a disk" in told) != is_well


def test_what_is_in_memory_is_told_by_the_nearest_mount() -> None:
    assert not doctor._in_memory(Path("/proc/self/fd"))
    lines = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    in_memory = {place for _, place, kind, *_ in lines if kind in {"tmpfs", "ramfs"}}
    for place in in_memory & {"/dev/shm", "/run"}:
        assert doctor._in_memory(Path(place) / "nothing" / "there")
