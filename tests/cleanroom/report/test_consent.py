"""What a signer reads: whole, the gravest first, the same from the command line and the console."""

from __future__ import annotations

from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from api.console.frame import Door, create_frame
from api.console.links import Ticket
from api.console.sessions import Sessions
from cleanroom.agent import contacts
from cleanroom.agent.home import Home
from cleanroom.cli import consent as command
from cleanroom.documents.agreement import (
    Agreement,
    Card,
    DatasetTerms,
    Grant,
    MeasureTerms,
    Policy,
    Weights,
)
from cleanroom.queries.registry import templates
from cleanroom.report import LANGUAGES, TABLE, Language
from cleanroom.report.consent import Part, Reader, consent, length
from cleanroom.report.screen import Screen

ACME = Card(name="acme", role="brand", signing_key="11" * 32, sealing_key="22" * 32)
TELCO = Card(name="telco", role="platform", signing_key="33" * 32, sealing_key="44" * 32)
AUDIT = Card(name="kpm", role="auditor", signing_key="55" * 32, sealing_key="66" * 32)
GRANTS = (
    Grant(party="acme", kind="activation", purposes=("summer sale",), minimum=2000),
    Grant(party="telco", kind="public-base"),
    Grant(party="telco", kind="base-counts"),
    Grant(party="acme", kind="shared-credit"),
)
MONEY = MeasureTerms(name="spend", minimum=0, maximum=100_000, decimals=2)


def agreement(**changes: Any) -> Agreement:
    policy = Policy(expires=1_800_000_000, k_min=77, rho_budget=0.5, rho_per_release=0.005)
    crm = DatasetTerms(
        party="acme",
        name="crm",
        kind="audience",
        identifier_profile="email:uid2:v1",
        labels=("tier", "income"),
        measures=(MONEY,),
        receivers=("acme",),
    )
    users = DatasetTerms(
        party="telco", name="users", kind="events", identifier_profile="sha256:phone:e164:v1"
    )
    return Agreement(
        name="spring",
        rehearsal=False,
        nonce="00" * 16,
        origin="rooms.example",
        mediator_key="77" * 32,
        members=(ACME, TELCO, AUDIT),
        datasets=(crm, users),
        templates=("overlap", "activation"),
        policy=policy,
        grants=GRANTS,
        stage_rules="88" * 32,
        intent_weights=(Weights(industry="cars", weights={"view": 0.5}),),
    ).model_copy(update=changes)


def read(
    agreed: Agreement, language: Language = "en", cards: tuple[Card, ...] = (TELCO,)
) -> tuple[Part, ...]:
    reader = Reader("acme", {card.name: card for card in cards}, language)
    return consent(agreed, "PROPOSED", reader)


def words(parts: tuple[Part, ...]) -> str:
    return "\n".join(f"{line.name}: {line.text}" for part in parts for line in part.lines)


def test_nothing_that_is_agreed_goes_unsaid() -> None:
    agreed = agreement()
    text = words(read(agreed))
    for card in agreed.members:
        assert all(one in text for one in (card.name, *card.fingerprints()))
    for said in (
        *("summer sale", "2,000 people", "telco's whole dataset", "does not cover them"),
        *("acme/crm", "telco/users", "tier, income", "spend from 0 to 1,000", "acme alone"),
        *("e-mail address (email:uid2:v1)", "digests of identifiers (sha256:phone:e164:v1)"),
        *(
            "77 people",
            "discrete Gaussian",
            "0.5 rho",
            "0.005",
            "100 questions",
            "1,000 whatever",
            "by the agents",
        ),
        *("2027-01-15 08:00 UTC", "rooms.example", agreed.identity(), "88" * 32, "view 0.5"),
        *("How many of the brand's people does the platform know", "opaque", "digests"),
    ):
        assert said in text, said


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", ("any of: e-mail address (email:uid2:v1), telephone number (phone:e164:v1)",
                "each enters the alignment")),
        ("zh", ("电子邮箱（email:uid2:v1）", "电话号码（phone:e164:v1）", "每个标识都参与对齐")),
    ],
)  # fmt: skip
def test_every_kind_of_identifier_is_named(language: Language, parts: tuple[str, ...]) -> None:
    agreed = agreement()
    crm = agreed.datasets[0].model_copy(update={"further_profiles": ("phone:e164:v1",)})
    text = words(read(agreed.model_copy(update={"datasets": (crm,)}), language))
    assert all(part in text for part in parts)


def test_data_with_the_same_receivers_stand_in_one_line() -> None:
    _, users = agreement().datasets
    views = users.model_copy(update={"name": "views"})
    for receivers, told in (((), ["telco/users, telco/views"]), (("acme",), ["telco/users", ""])):
        changed = agreement(datasets=(users, views.model_copy(update={"receivers": receivers})))
        answers = [line for line in read(changed)[1].lines if line.name == "Answers"]
        assert len(answers) == len(told)
        assert told[0] in answers[0].text


def test_grants_come_first_and_their_absence_is_said() -> None:
    assert [line.name for line in read(agreement())[0].lines] == [one.party for one in GRANTS]
    none = read(agreement(grants=()))[0].lines
    assert len(none) == 1
    assert none[0].text.startswith("None") and "no member counts a base" in none[0].text
    # A rehearsal gives exact bases without a grant, so its consent must not deny them.
    rehearsed = read(agreement(grants=(), rehearsal=True))[0].lines
    assert "no base is counted" not in rehearsed[0].text and "base counts" in rehearsed[0].text


def test_what_the_budget_means_follows_from_it() -> None:
    def meaning(**policy: Any) -> str:
        changed = agreement().policy.model_copy(update=policy)
        lines = read(agreement(policy=changed))[4].lines
        return next(line.text for line in lines if line.name == "What it means")

    # epsilon = 0.5 + 2 sqrt(0.5 ln 10^6) = 5.757, e^5.757 = 316
    assert "factor of 316 " in meaning()
    assert "epsilon 5.76" in meaning()
    assert "probability of 1e-06" in meaning()
    assert "factor of e^" in meaning(rho_budget=100.0)
    assert "single people may show" in meaning(noise="none")


@pytest.mark.parametrize(
    ("cards", "said"),
    [
        ((TELCO,), "keys on the card that you keep"),
        ((), "You keep no card"),
        ((TELCO.model_copy(update={"sealing_key": "99" * 32}),), "NOT the keys"),
    ],
)
def test_a_member_is_the_one_whose_card_is_kept(cards: tuple[Card, ...], said: str) -> None:
    members = {line.name: line for line in read(agreement(), cards=cards)[2].lines}
    assert said in members["telco"].text
    assert members["telco"].alarm == said.startswith("NOT")
    assert "This is you" in members["acme"].text


@pytest.mark.parametrize("state", ["PROPOSED", "ACTIVE"])
def test_a_card_that_was_replaced_since_alarms_nobody_in_a_room_that_was_signed(state: str) -> None:
    newer, agreed = TELCO.model_copy(update={"signing_key": "99" * 32}), agreement()
    for signed, said in (((), "NOT the keys"), ((TELCO,), "You signed"), ((newer,), "NOT the")):
        parts = consent(agreed, state, Reader("acme", {"telco": newer}, signed=signed))
        telco = next(line for line in parts[2].lines if line.name == "telco")
        assert said in telco.text
        assert telco.alarm == said.startswith("NOT")


def test_both_languages_say_as_much() -> None:
    english, chinese = (read(agreement(), language) for language in LANGUAGES)
    for one, other in zip(english, chinese, strict=True):
        assert len(one.lines) == len(other.lines)
    for one, other in zip(english[:4], chinese[:4], strict=True):
        assert not {line.text for line in one.lines} & {line.text for line in other.lines}


def test_every_template_says_what_it_asks() -> None:
    assert not {name for name in templates() if f"asks.{name}" not in TABLE}


@pytest.mark.parametrize("language", LANGUAGES)
def test_command_line_and_console_show_the_same(
    language: Language, capsys: pytest.CaptureFixture[str]
) -> None:
    agreed = agreement(name="spring[conceal]")
    screen = Screen(width=10_000)
    reader = Reader("acme", {}, language)
    command.print_consent(agreed, "PROPOSED", reader, screen)
    typed = capsys.readouterr().out

    def check(_text: str) -> Ticket:
        raise AssertionError

    app = create_frame("party", Door(check, lambda _: "", ""), Sessions(lambda: 0.0))
    source = "{% from 'macros.html' import consent_parts with context %}{{ consent_parts(x) }}"
    parts = consent(agreed, "PROPOSED", reader)
    with app.test_request_context(f"/?language={language}"):
        page = unescape(app.jinja_env.from_string(source).render(x=parts, session=None))
    for part in parts:
        assert part.title in typed
        assert part.title in page
        for line in part.lines:
            assert line.text in typed
            assert line.text in page


def test_a_signer_at_the_command_line_knows_the_cards_of_the_home(tmp_path: Any) -> None:
    home = Home.create(tmp_path / "acme", "a passphrase", "acme", "brand", "none")
    contacts.trust(home, TELCO)
    reader = command.reader(home, "en", (AUDIT,))
    assert reader == replace(reader, cards={"telco": TELCO, "kpm": AUDIT})


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_room_of_several_says_what_is_seen_of_others_and_who_joins_with_whom(
    language: Language,
) -> None:
    names = ("weibo", "rival")
    weibo, rival = (
        Card(name=name, role=role, signing_key=f"{n}7" * 32, sealing_key=f"{n}8" * 32)
        for n, (name, role) in enumerate(zip(names, ("platform", "brand"), strict=True))
    )
    two = agreement()
    datasets = (two.datasets[0].model_copy(update={"partners": ("weibo",)}), two.datasets[1])
    four = agreement(members=(*two.members, weibo, rival), datasets=datasets)
    shown = {
        len(one.parties): "".join(
            line.text for part in consent(one, "PROPOSED", Reader("acme", {}, language))
            for line in part.lines
        )
        for one in (two, four)
    }  # fmt: skip
    for key in ("learns.others", "budget.pairs"):
        sentence = TABLE[f"consent.{key}"][LANGUAGES.index(language)]
        assert (sentence in shown[4], sentence in shown[2]) == (True, False)
    said = TABLE["consent.partners"][LANGUAGES.index(language)]
    assert said.format(names="weibo") in shown[4]
    both = "acme、rival" if language == "zh" else "acme, rival"
    assert said.format(names=both) in shown[4]
    assert said.split("{")[0] not in shown[2]


def test_one_day_is_no_days() -> None:
    told = [length(seconds, "en") for seconds in (86_400, 2 * 86_400, 3600, 2 * 3600, 90)]
    assert told == ["1 day", "2 days", "1 hour", "2 hours", "90 seconds"]
    assert length(86_400, "zh") == "1 天"
