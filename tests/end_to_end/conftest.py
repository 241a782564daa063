"""One rehearsal with real programs, shared by the tests that look at it from all sides."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.stranger import Stranger, job, write_room, write_stranger

JOBS = "".join(
    [
        job("in-all"),
        job("by-age", ("platform.age_band",)),
        job("by-both", ("brand.tier", "platform.age_band"), receiver="platform"),
        job("count-only", ("brand.tier",), ()),
        job("by-age-again", ("platform.age_band",)),
        job("not-agreed", ("platform.income",)),
    ]
)
SAID = {
    "en": (
        "Refused: not-agreed.",
        *("a few seconds ...", "for it ...", "their files ...", "their people ..."),
    ),
    "zh": ("已拒绝：not-agreed。", "需要几秒……", "专用密钥……", "各自的文件……", "双方的人群……"),
}
PASSPHRASE = "canary-passphrase-7391"


def cleanroom(
    *arguments: str, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "cleanroom.cli", *arguments],
        capture_output=True,
        check=False,
        text=True,
        timeout=600,
        cwd=cwd,
        env={**os.environ, "CLEANROOM_PASSPHRASE": PASSPHRASE, **environment},
    )


@dataclass(frozen=True)
class Rehearsal:
    """What a run left behind."""

    stranger: Stranger
    folder: Path
    printed: Any

    @property
    def results(self) -> Any:
        return json.loads((self.folder / "results.json").read_text("utf-8"))["jobs"]


@pytest.fixture(scope="session", params=[("ot", "paillier", "en"), ("dh", "lattice", "zh")])
def rehearsal(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Rehearsal:
    """Simulate the strangers' room once per alignment profile, encryption of rows and language."""
    alignment, rows, language = request.param
    folder = tmp_path_factory.mktemp(f"rehearsal-{alignment}")
    stranger = write_stranger(folder)
    policy = f'k_min = 1\nnoise = "none"\nalignment = ["{alignment}"]\nrows = ["{rows}"]'
    room = write_room(folder, JOBS, policy)
    out = folder / "out"
    done = cleanroom(
        *("simulate", str(room), "--out", str(out), "--keep", "--json", "--language", language)
    )
    assert done.returncode == 3, done.stderr
    assert SAID[language][0] in done.stderr
    for step in SAID[language][1:]:
        assert f"{step}\n" in done.stderr, "every long step is named before it begins"
    if language == "zh":
        assert not re.search("[A-Za-z]+ [a-z]+ [a-z]+", done.stderr)
    return Rehearsal(stranger, out, json.loads(done.stdout))
