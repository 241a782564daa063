"""Two parties in a live room, step by step by the command line, as the how-to page says.

A marketer's questions are answered with noise; the attacks that work on an unprotected room
(asking again until the noise averages out, asking about two versions that differ by one person)
get nothing.
"""

from __future__ import annotations

import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.conftest import PASSPHRASE, cleanroom
from tests.test_docs import DOCS
from tests.waits import PATIENCE, told

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
file = "{brand}"
kind = "audience"
id = {{ column = "email", profile = "email:uid2:v1" }}
[datasets.platform.users]
file = "users.csv"
kind = "audience"
id = {{ column = "email", profile = "email:uid2:v1" }}
labels = ["size"]
{declared}

[[jobs]]
name = "by-size"
template = "overlap"
brand = "crm"
platform = "users"
group_by = ["platform.size"]
[[jobs]]
name = "in-all"
template = "overlap"
brand = "crm"
platform = "users"
[[jobs]]
name = "one-too-many"
template = "overlap"
brand = "crm"
platform = "users"
rho = 0.04
[[jobs]]
name = "once-more"
template = "overlap"
brand = "crm"
platform = "users"
rho = 0.01
"""


DECLARED = 'domains = { "size" = ["big", "small"] }'


PAGE = (DOCS / "how-to" / "run-a-live-room.md").read_text("utf-8")
WHO = {
    "all three": ("mediator", "brand", "platform"),
    "both parties": ("brand", "platform"),
    "mediator": ("mediator",),
    "brand": ("brand",),
    "platform": ("platform",),
}
"""Who types a block of the page, by the words of the line above it."""


def page_commands() -> list[tuple[str, str]]:
    """Return who types what in the numbered sections of the page."""
    sections = [one for one in PAGE.split("\n## ") if one[0].isdigit()]
    found, said = [], ""
    for line in "\n".join(sections).splitlines():
        if line.startswith("    "):
            who = next(named for words, named in WHO.items() if words in said.lower())
            found += [(one, line.strip()) for one in who]
        elif line:
            said = line
    return found


class Live:
    """A mediator, two homes and two agents, all real programs, as the page has them typed."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self._homes: dict[str, str] = {}
        self._words = {"overlap-by-age": "by-size"}
        self.shown = ""
        self.typed = page_commands()
        for who, line in self.typed:
            self.type(who, line)
        self.room = self._words["ROOM"]

    def type(self, who: str, line: str) -> None:
        """Do what somebody does who types a line of the page."""
        for word, meant in self._words.items():
            line = line.replace(word, meant)
        words = shlex.split(line)
        if words[0] == "read":
            self._homes[who] = line.split("CLEANROOM_HOME=")[1]
        elif words[:2] == ["cleanroom-server", "run"]:
            words[words.index("--port") + 1] = "0"
            ready = self.folder / "ready"
            words = [*words[1:], "--ready-file", str(ready)]
            self._stack.enter_context(started("api.server", *words, cwd=self.folder))
            self._words["https://rooms.example"] = told(ready)
        elif words[0] == "cleanroom-server":
            command = [sys.executable, "-m", "api.server", *words[1:]]
            subprocess.run(command, check=True, timeout=PATIENCE, cwd=self.folder)
        elif words == ["cleanroom", "agent", "run"]:
            place = {"CLEANROOM_HOME": self._homes[who]}
            self._stack.enter_context(
                started("cleanroom.cli", *words[1:], cwd=self.folder, **place)
            )
        elif words[0] == "cleanroom":
            done = self.call(*words[1:], role=who)
            assert done.returncode == 0, done.stderr
            self.shown = done.stdout
            self._after(words[1], who)
        else:
            assert line in {"make install", ". .venv/bin/activate"}, line

    def _after(self, noun: str, who: str) -> None:
        if noun == "party":
            home = Path(self._homes[who]).name
            shutil.copy(self.folder / home / "card.json", self.folder / f"{home}-card.json")
        elif noun == "room" and "ROOM" not in self._words:
            self._words["ROOM"] = self.shown.strip()
            self.look_at_the_proposal()

    def look_at_the_proposal(self) -> None:
        shown = self.must("room", "show", "live", role="platform")
        assert shown["id"] == self._words["ROOM"]
        by_name = self.call("room", "sign", "live", role="platform")
        assert by_name.returncode == 2 and "cleanroom room show" in by_name.stderr
        unknown = self.call("room", "sign", shown["id"], role="platform")
        assert unknown.returncode == 2 and "--card" in unknown.stderr

    def call(self, *arguments: str, role: str = "brand") -> subprocess.CompletedProcess[str]:
        return cleanroom(*arguments, cwd=self.folder, CLEANROOM_HOME=self._homes[role])

    def must(self, *arguments: str, role: str = "brand") -> dict:
        done = self.call(*arguments, "--json", role=role)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def ask(self, name: str) -> dict:
        job = self.must("job", "submit", "room.toml", name)["job"]
        assert self.must("job", "watch", job)["state"] == "SUCCESS"
        return self.must("job", "result", job)


@contextmanager
def started(
    module: str, *arguments: str, cwd: Path | None = None, **environment: str
) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=cwd,
        env={**os.environ, "CLEANROOM_PASSPHRASE": PASSPHRASE, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("live")
    rng = random.Random(11)
    people = [f"person{i}@x.example" for i in range(700)]
    sizes = {name: "small" if i % 140 == 0 else "big" for i, name in enumerate(people)}
    (folder / "brand.csv").write_text("email\n" + "\n".join(people[:600]) + "\n")
    (folder / "brand2.csv").write_text("email\n" + "\n".join(people[1:600]) + "\n")
    rng.shuffle(people)
    users = "\n".join(f"{name},{sizes[name]}" for name in people)
    (folder / "users.csv").write_text(f"email,size\n{users}\n")
    (folder / "room.toml").write_text(ROOM.format(brand="brand.csv", declared=DECLARED))
    with ExitStack() as stack:
        yield Live(folder, stack)


def test_twenty_commands_lead_from_nothing_to_the_first_answer(live: Live) -> None:
    assert len(live.typed) <= 20
    assert "by-size" in live.shown
    assert "Both sides know about" in live.shown
    install = subprocess.run(
        ["make", "-n", "install"], cwd=DOCS.parent, capture_output=True, text=True, check=True
    )
    assert "venv" in install.stdout


def test_a_live_room_wants_declared_labels_and_gives_the_line_to_paste(live: Live) -> None:
    """Otherwise the other side reads off the dictionary how many values occur."""
    room = live.folder / "undeclared.toml"
    room.write_text(ROOM.format(brand="brand.csv", declared=""))
    for command in (("validate", str(room), "--party", "platform"), ("upload", str(room))):
        refused = live.call("dataset", *command, role="platform")
        assert refused.returncode == 2
        assert DECLARED in " ".join(refused.stderr.split()), refused.stderr
    listed = live.must("dataset", "list")
    assert len(listed) == 2, "nothing was announced"
    manifest = live.must("audit", "show", "--room", live.room)
    assert manifest


def test_the_life_of_a_live_room(live: Live) -> None:
    room = "room.toml"
    preview = live.must("job", "preview", room, "in-all")
    assert preview["rho"] == 0.05
    assert preview["budget_before"] == pytest.approx(0.07)
    assert preview["people_sd"] == pytest.approx(2**0.5 / (2 * 0.05) ** 0.5, rel=0.01)
    assert preview["leaks"]

    answer = live.ask("by-size")
    shown = {group["key"]["platform.size"]: group for group in answer["groups"]}
    assert "small" not in shown, "five people stay below the threshold of 20"
    assert answer["suppressed"]["groups"] >= 1
    assert answer["suppressed"]["rules"][0]["needed"] == answer["privacy"]["tau"]
    assert answer["privacy"]["rho_left"] == pytest.approx(0.07)

    again = live.ask("by-size")
    assert again["groups"] == answer["groups"], "asking again averages nothing"
    assert live.must("job", "preview", room, "by-size")["rho"] == 0

    whole = live.ask("in-all")["total"]
    low, high = whole["people_interval"]
    assert abs(whole["people"] - 600) < 7 * whole["people_sd"]
    assert high - low == pytest.approx(2 * 1.959964 * whole["people_sd"])

    broke = live.call("job", "submit", room, "one-too-many")
    assert broke.returncode == 3
    assert "left" in broke.stderr

    (live.folder / "room.toml").write_text(ROOM.format(brand="brand2.csv", declared=DECLARED))
    live.must("dataset", "upload", room)
    live.must("align", "crm", "users")
    warned = live.must("job", "preview", room, "by-size")["notices"]
    assert len(warned) == 1 and "differ by 1 person" in warned[0], warned
    assert live.ask("once-more")["privacy"]["rho_left"] == pytest.approx(0.01)
    entries = json.dumps(live.must("audit", "show", "--room", live.room, role="platform"))
    assert "differ" not in entries, "only the owner is told by how many people versions differ"

    bundle = str(live.folder / "audit.json")
    assert live.call("audit", "export", "--room", live.room, "--out", bundle).returncode == 0
    assert cleanroom("audit", "verify", bundle).returncode == 0
    live.type("brand", 'cleanroom room close --reason "campaign is over"')
    assert live.must("room", "list")[0]["state"] == "CLOSED"
