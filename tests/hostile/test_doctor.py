"""The doctor says what is wrong, and ends with 1 if anything is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cleanroom.agent.home import Home
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
    expected = {"sqlite", "disk", "key files", "signing key", "mediator", "mediator ready", "clock"}
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
