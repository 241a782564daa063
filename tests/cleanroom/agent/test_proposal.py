"""What a proposal's own agreement would forbid, and data that does not fit, show before signing."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Any

import pytest

from cleanroom.agent.proposal import check_data, check_questions
from cleanroom.agent.room_file import RoomFile
from cleanroom.cli.root import app
from cleanroom.cli.run import run
from cleanroom.demo import make_example
from cleanroom.documents.agreement import Agreement, Card, Grant
from cleanroom.errors import InvalidInput, PolicyRefusal
from tests.cleanroom.agent.conftest import PASSPHRASE, Place

ACME = Card(name="acme", role="brand", signing_key="11" * 32, sealing_key="22" * 32)
TELCO = Card(name="telco", role="platform", signing_key="33" * 32, sealing_key="44" * 32)
FILE = """
[room]
name = "spring"
rehearsal = {rehearsal}
{templates}

[policy]
{policy}
paillier_bits = {bits}

[datasets.brand.crm]
file = "brand.csv"
kind = "audience"
id = {{ column = "email", profile = "email:uid2:v1" }}
labels = ["tier"]
[datasets.brand.crm.measures]
spend = {{ column = "spend", max = 1000 }}

[datasets.platform.users]
file = "users.csv"
kind = "audience"
id = {{ column = "email", profile = "email:uid2:v1" }}
labels = ["age"]
{more}
[[jobs]]
name = "q"
template = "{template}"
brand = "crm"
platform = "users"
group_by = ["{column}"]
receiver = "brand"
{rho}
"""
LIVE = {
    "rehearsal": "false",
    "templates": "",
    "policy": 'noise = "discrete-gaussian"',
    "bits": 2048,
    "more": "",
    "template": "profile",
    "column": "platform.age",
    "rho": "",
}
GRANT = '[[grants]]\nparty = "telco"\nkind = "base-counts"\n'


def write(folder: Path, **changes: Any) -> RoomFile:
    (folder / "room.toml").write_text(FILE.format(**{**LIVE, **changes}), "utf-8")
    return RoomFile.read(folder / "room.toml")


def agree(described: RoomFile) -> Agreement:
    return described.agreement(
        (ACME, TELCO), "rooms.example", "77" * 32, secrets.token_hex(16), time.time()
    )


@pytest.mark.parametrize(
    ("changes", "rule", "said"),
    [
        ({}, "grant-base-counts", "a grant of base-counts by telco"),
        ({"template": "overlap", "column": "platform.city"}, "unknown-label", "city"),
        ({"template": "overlap", "rho": "rho = 0.3"}, "rho-per-release", "rho_per_release of 0.3"),
        ({"templates": 'templates = ["overlap"]'}, "template-not-allowed", "template profile"),
        ({"template": "basket"}, "orders-are-events", "crm"),
    ],
)
def test_an_agreement_that_forbids_its_own_questions_is_not_proposed(
    tmp_path: Path, changes: dict[str, Any], rule: str, said: str
) -> None:
    described = write(tmp_path, **changes)
    with pytest.raises(PolicyRefusal, match="job q") as refusal:
        check_questions(described, agree(described))
    assert refusal.value.rule == rule
    assert said in str(refusal.value)


def test_one_that_allows_them_is_proposed(tmp_path: Path) -> None:
    for changes in ({"more": GRANT}, {"template": "overlap"}, {"rehearsal": "true"}):
        described = write(tmp_path, **changes)
        check_questions(described, agree(described))


def test_a_grant_may_be_written_by_the_role_of_a_single_member(tmp_path: Path) -> None:
    described = write(tmp_path, more=GRANT.replace("telco", "platform"))
    agreement = agree(described)
    assert [grant.party for grant in agreement.grants] == ["telco"]
    check_questions(described, agreement)
    third = TELCO.model_copy(update={"name": "tube", "signing_key": "55" * 32})
    for text, cards, said in (
        ("platform", (ACME, TELCO, third), "Several members"),
        ("tellco", (ACME, TELCO), "No member"),
    ):
        described = write(tmp_path, more=GRANT.replace("telco", text))
        with pytest.raises(InvalidInput, match=said) as refusal:
            described.agreement(cards, "rooms.example", "77" * 32, "11" * 16, time.time())
        assert "acme, telco" in str(refusal.value.remedy)


BRAND = ACME.model_copy(update={"name": "brand"})
PLATFORM = TELCO.model_copy(update={"name": "platform"})
KINDS = ("activation", "base-counts", "shared-credit")
EVERY_GRANT = tuple(
    Grant.from_json({"party": party, "kind": kind})
    for party in ("brand", "platform")
    for kind in (*KINDS, "public-base")
)


def test_every_question_of_the_example_is_judged_by_the_grants(tmp_path: Path) -> None:
    make_example(tmp_path, people=60, users=180, seed=1)
    # The room of three parties is asked by its real agents elsewhere.
    files = sorted({*tmp_path.glob("*.toml")} - {tmp_path / "room-platforms.toml"})
    assert len(files) == 3
    for file in files:
        described = RoomFile.read(file)
        rehearsal = described.agreement(
            (BRAND, PLATFORM), "rooms.example", "77" * 32, secrets.token_hex(16), time.time()
        )
        check_questions(described, rehearsal)
        grants = (*rehearsal.grants, *EVERY_GRANT)
        live = rehearsal.model_copy(update={"rehearsal": False, "grants": grants})
        check_questions(described, live)
        bare = live.model_copy(update={"grants": ()})
        if file.name == "room-all.toml":
            with pytest.raises(PolicyRefusal, match="base") as refusal:
                check_questions(described, bare)
            assert "activation" in str(refusal.value)
        else:
            check_questions(described, bare)


def test_data_is_held_against_what_is_about_to_be_signed(tmp_path: Path) -> None:
    described = write(tmp_path, template="overlap")
    agreement = agree(described)
    assert check_data(described, agreement, ACME) == ["brand.csv"]
    data = tmp_path / "brand.csv"
    data.write_text("email,tier,spend\na@x.example,gold,1\n", "utf-8")
    assert check_data(described, agreement, ACME) == []
    data.write_text("email,tier\na@x.example,gold\n", "utf-8")
    with pytest.raises(InvalidInput, match="spend"):
        check_data(described, agreement, ACME)
    data.write_text("email,tier,spend\na@x.example,gold,1\na@x.example,gold,2\n", "utf-8")
    with pytest.raises(InvalidInput):
        check_data(described, agreement, ACME)


def test_a_file_that_was_agreed_otherwise_is_named(tmp_path: Path) -> None:
    described = write(tmp_path, template="overlap")
    agreement = agree(described)
    text = (tmp_path / "room.toml").read_text("utf-8")
    for old, new, said in (
        ('labels = ["tier"]', 'labels = ["tier", "income"]', "income"),
        ("max = 1000", "max = 2000", "measures"),
        ("email:uid2:v1", "email:meta:v1", "identifier_profile"),
        ("brand.crm", "brand.other", "no dataset other"),
    ):
        changed = text.replace(old, new).replace('brand = "crm"', 'brand = "crm"')
        if "other" in new:
            changed = changed.replace('brand = "crm"', 'brand = "other"')
        (tmp_path / "room.toml").write_text(changed, "utf-8")
        with pytest.raises(InvalidInput, match=said):
            check_data(RoomFile.read(tmp_path / "room.toml"), agreement, ACME)


def test_the_commands_refuse_before_anybody_signs(
    meeting: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CLEANROOM_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr("cleanroom.cli.room.connect", lambda home: meeting.client(home.card.name))
    monkeypatch.chdir(tmp_path)

    def typed(party: str, *arguments: str) -> int:
        monkeypatch.setenv("CLEANROOM_HOME", str(meeting.homes[party].path))
        return run(app, arguments)

    def propose() -> int:
        card = str(meeting.homes["telco"].path / "card.json")
        return typed("acme", "room", "propose", "room.toml", "--card", card)

    write(tmp_path)
    assert propose() == 3
    assert "grant of base-counts" in capsys.readouterr().err
    write(tmp_path, template="overlap")
    (tmp_path / "brand.csv").write_text("email,tier\na@x.example,gold\n", "utf-8")
    assert propose() == 2
    assert "spend" in capsys.readouterr().err
    assert meeting.client("acme").rooms() == []
    (tmp_path / "brand.csv").unlink()
    assert propose() == 0
    shown = capsys.readouterr()
    assert "not validated" in shown.err
    (tmp_path / "users.csv").write_text("e-mail,age\na@x.example,3\n", "utf-8")
    card = str(meeting.homes["acme"].path / "card.json")
    sign = ("room", "sign", shown.out.strip(), "--card", card, "--data", "room.toml")
    assert typed("telco", *sign) == 2
    assert "email" in capsys.readouterr().err
    assert meeting.client("telco").rooms()[0]["state"] == "PROPOSED"
    (tmp_path / "users.csv").write_text("email,age\na@x.example,3\n", "utf-8")
    assert typed("telco", *sign) == 0
    assert capsys.readouterr().out.strip() == "ACTIVE"


OF_HUBS = """
[room]
name = "hubs"
rehearsal = true

[parties]
douyin = "platform"
acme = "brand"
zeta = "brand"

[datasets.douyin.users]
file = "x.csv"
kind = "audience"
id = { column = "id", profile = "raw:v1" }
labels = ["age"]

[datasets.acme.sends]
file = "x.csv"
kind = "events"
id = { column = "id", profile = "raw:v1" }

[datasets.zeta.sends]
file = "x.csv"
kind = "KIND"
id = { column = "id", profile = "raw:v1" }

[[jobs]]
name = "pressure"
template = "cross_reach"
hub = "douyin.users"
with = ["acme.sends", "zeta.sends"]

[[jobs]]
name = "whose"
template = "overlap"
hub = "douyin.users"
with = ["acme.sends", "zeta.sends"]
group_by = ["platform.age"]
"""


def test_questions_of_a_hub_are_judged_with_all_of_its_others(tmp_path: Path) -> None:
    path = tmp_path / "room.toml"
    for kind, allowed in (("events", True), ("audience", False)):
        path.write_text(OF_HUBS.replace("KIND", kind))
        described = RoomFile.read(path)
        keys = {key: secrets.token_hex(32) for key in ("signing_key", "sealing_key")}
        cards = tuple(
            Card.from_json({"name": name, "role": role, **keys})
            for name, role in described.roles().items()
        )
        key, nonce = secrets.token_hex(32), secrets.token_hex(16)
        agreement = described.agreement(cards, "log.test", key, nonce, time.time())
        if allowed:
            check_questions(described, agreement)
        else:
            with pytest.raises(PolicyRefusal, match="job pressure: sends is not a dataset of kind"):
                check_questions(described, agreement)
