"""The examples of the client's page run, in their order, against a real mediator."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from cleanroom.mediator.bootstrap import open_mediator
from tests.hostile.listening import listening
from tests.simulation import house

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "client.md"


def test_the_examples_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with house.hurried():
        shutil.copytree(house.template(), tmp_path / "made")
        shutil.move(tmp_path / "made" / "brand", tmp_path / "acme")
        mediator = open_mediator(tmp_path / "made" / "mediator")
        monkeypatch.chdir(tmp_path)
        with listening(mediator) as address:
            url = f"http://{address[0]}:{address[1]}"
            (tmp_path / "acme" / "mediator.json").write_text(json.dumps({"url": url}))
            names: dict[str, object] = {}
            blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
            assert len(blocks) == 6
            for block in blocks:
                exec(compile(block, PAGE.name, "exec"), names)
    shown = capsys.readouterr().out
    assert "ACTIVE" in shown
    assert "urn:cleanroom:request:" in shown


def test_every_public_method_of_the_client_is_documented_where_it_is() -> None:
    from cleanroom import Client

    for name, method in vars(Client).items():
        if not name.startswith("_"):
            assert method.__doc__, name
