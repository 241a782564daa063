"""The console's parts without a browser: links, sessions, forms, differences, words."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from werkzeug.datastructures import MultiDict

import api.console
from api.console.difference import difference
from api.console.forms import filled, fits, make_fields, read_fields
from api.console.links import TICKET_SECONDS, read_ticket, write_ticket
from api.console.sessions import IDLE_SECONDS, LONGEST_SECONDS, MOST_SESSIONS, Sessions
from api.console.words import TABLE, say
from cleanroom.documents.agreement import Agreement, Grant, MeasureTerms
from cleanroom.documents.dataset import LabelColumn, Manifest
from cleanroom.errors import InvalidInput, Unauthenticated
from cleanroom.queries.registry import template, templates
from cleanroom.queries.template import COMMON_LEAKS
from cleanroom.report import TABLE as PRODUCT
from cleanroom.words.leaks import LEAKS, leak
from protocols.signing import SigningKey

KEY = SigningKey(b"k" * 32)
NOW = 1_800_000_000


def read(ticket: str, audience: str = "party:x", now: int = NOW, key: SigningKey = KEY):
    verifying = key.verifying_key
    known = {verifying.fingerprint(): verifying}
    return read_ticket(ticket, audience, known.get, now)


def write(now: int = NOW, audience: str = "party:x") -> str:
    return write_ticket(KEY, audience, now, secrets.token_bytes)


def test_a_ticket_is_read_within_its_time():
    assert read(write()).key == KEY.verifying_key.fingerprint()
    assert read(write(), now=NOW + TICKET_SECONDS)
    assert read(write(), now=NOW - 5)


@pytest.mark.parametrize(
    ("change", "options"),
    [
        (lambda text: text, {"now": NOW + TICKET_SECONDS + 1}),
        (lambda text: text, {"now": NOW - 6}),
        (lambda text: text, {"audience": "party:y"}),
        (lambda text: text, {"key": SigningKey(b"o" * 32)}),
        (lambda text: text[:-2] + ("AA" if not text.endswith("AA") else "BB"), {}),
        (lambda text: text.replace("e", "f", 1), {}),
        (lambda text: text.partition(".")[0], {}),
        (lambda text: text + "A" * 2000, {}),
        (lambda _: "", {}),
        (lambda _: "é.é", {}),
    ],
)
def test_any_other_ticket_is_refused(change, options):
    with pytest.raises(Unauthenticated):
        read(change(write()), **options)


def test_a_ticket_is_not_a_statement_of_the_same_key():
    """Signatures of one purpose never pass for another."""
    ticket = write()
    body = ticket.partition(".")[0]
    other = KEY.sign("cleanroom/statement/v1", b"x")
    with pytest.raises(Unauthenticated):
        read(f"{body}.{other.hex()}")


def test_sessions_end_by_idling_by_age_and_by_hand():
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    session = sessions.open("f", "acme")
    assert session.token not in repr(session) and session.csrf not in repr(session)
    now[0] += IDLE_SECONDS
    assert sessions.find(session.token) is session
    now[0] += IDLE_SECONDS + 1
    assert sessions.find(session.token) is None
    busy = sessions.open("f", "acme")
    for _ in range(LONGEST_SECONDS // IDLE_SECONDS):
        now[0] += IDLE_SECONDS
        assert sessions.find(busy.token)
    now[0] += 1
    assert sessions.find(busy.token) is None
    ended = sessions.open("f", "acme")
    sessions.close(ended)
    assert sessions.find(ended.token) is None
    assert sessions.find(None) is None


def test_a_nonce_is_used_once_and_sessions_are_bounded():
    sessions = Sessions(lambda: 0.0)
    sessions.use_up("n")
    with pytest.raises(Unauthenticated):
        sessions.use_up("n")
    first = sessions.open("f", "acme")
    for number in range(MOST_SESSIONS):
        sessions.open(f"g{number}", "other")
    assert sessions.find(first.token) is None


def test_a_link_that_was_used_stays_used_however_long_ago():
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    sessions.use_up("n")
    now[0] += 365 * 86400
    with pytest.raises(Unauthenticated):
        sessions.use_up("n")


def test_many_sessions_of_one_key_end_no_other_keys():
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    other, first = sessions.open("f", "acme"), sessions.open("g", "mall")
    for _ in range(MOST_SESSIONS):
        now[0] += 0.001
        sessions.open("g", "mall")
    assert sessions.find(other.token) is other
    assert sessions.find(first.token) is None


def manifest(party: str, labels: tuple[str, ...], measures: tuple[str, ...] = ()) -> Manifest:
    return Manifest(
        party=party,
        peer="x",
        name="d",
        version=1,
        kind="audience",
        identifier_profile="email:uid2:v1",
        further_profiles=("phone:e164:v1",),
        rows=10,
        people=10,
        labels=tuple(LabelColumn(name=name, domain=("0" * 16,)) for name in labels),
        measures=tuple(
            MeasureTerms(name=name, minimum=0, maximum=9, decimals=0) for name in measures
        ),
        nonce="0" * 32,
    )


BRAND = manifest("brand", ("tier", "s0"), ("spend",))
PLATFORM = manifest("platform", ("age", "s1", "campaign"), ("cost",))


def agreement(grants: tuple[Grant, ...] = ()) -> Agreement:
    live = SimpleNamespace(rehearsal=False, grants=grants, intent_weights=())
    return cast(Agreement, live)


@pytest.mark.parametrize("name", sorted(templates()))
def test_every_template_has_a_form_that_its_own_model_takes(name):
    """Defaults and one value per needed field make parameters without an unknown field."""
    found = template(name)
    fields = make_fields(found, BRAND, PLATFORM)
    names = {field.name.partition(".")[0] for field in fields}
    model = found.Parameters.model_fields
    # A form is about two datasets, and two audiences are joined by all kinds.
    given = {info.alias or key for key, info in model.items()} - set(found.filled_in)
    assert names == (given - {"match_by"} if name == "overlap" else given)
    form: MultiDict[str, str] = MultiDict()
    samples = {
        "moment": "2026-06-01T00:00",
        "whole": "3",
        "number": "0.5",
        "numbers": "1, 2",
        "texts": "a, b",
        "lines": "brand.tier in ('gold', 'silver')\nplatform.age != '60+'",
        "text": "7d",
        "json": "{}",
        "amounts": "value = 5",
        "flag": "yes",
    }
    for field in fields:
        if field.control in samples:
            form.add(f"p.{field.name}", samples[field.control])
        else:
            form.add(f"p.{field.name}", field.options[0])
    parameters = read_fields(fields, form)
    assert set(parameters) == names
    assert [field.value for field in filled(fields, form) if field.control == "text"] == [
        "7d" for field in fields if field.control == "text"
    ]


def test_a_kind_of_identifier_is_chosen_of_those_that_both_sides_have():
    def options(further: tuple[str, ...]) -> list[tuple[str, ...]]:
        platform = PLATFORM.model_copy(update={"further_profiles": further})
        fields = make_fields(template("lookalike"), BRAND, platform)
        return [field.options for field in fields if field.name == "match_by"]

    assert options(("phone:e164:v1", "idfa:v1")) == [("email", "phone")]
    assert options(()) == []


def test_what_cannot_be_read_names_its_field():
    fields = make_fields(template("reach_frequency"), BRAND, PLATFORM)
    with pytest.raises(InvalidInput) as refusal:
        read_fields(fields, MultiDict({"p.max_frequency": "many"}))
    assert refusal.value.column == "max_frequency"
    with pytest.raises(InvalidInput) as refusal:
        read_fields(make_fields(template("aipl"), BRAND, PLATFORM), MultiDict())
    assert refusal.value.column == "stage.brand"
    boxes = make_fields(template("overlap"), BRAND, PLATFORM)
    given = MultiDict([("p.group_by", "brand.tier"), ("p.group_by", "brand.other")])
    assert read_fields(boxes, given) == {"group_by": ["brand.tier"]}


def test_a_form_asks_for_what_is_needed_first_and_folds_what_is_seldom_changed():
    fields = make_fields(template("attribution"), BRAND, PLATFORM, agreement(), "brand")
    shown = [field.name for field in fields if not field.folded]
    assert shown[:6] == ["start", "end", "model", "half_life", "weights", "credits"]
    assert shown[6:] == ["group_by", "measures", "where", "window", "brand_costs"]
    by_name = {field.name: field for field in fields}
    assert by_name["half_life"].model == "time_decay" and by_name["window"].usual == "7d"
    assert by_name["group_by"].options == tuple(f"platform.{c.name}" for c in PLATFORM.labels)
    assert {"boundary", "resolution", "max_conversions"} <= {f.name for f in fields if f.folded}


def test_only_models_purposes_and_datasets_that_can_work_are_offered():
    grants = (
        Grant(party="platform", kind="public-base"),
        Grant(party="brand", kind="activation", purposes=("spring",), minimum=1000),
    )
    for given in ((), grants):
        granted = agreement(grants=given)
        (model,) = (
            field
            for field in make_fields(template("attribution"), BRAND, PLATFORM, granted)
            if field.name == "model"
        )
        assert ("markov" in model.options) == bool(given)
        assert not {"sequence", "channel_pairs"} & set(model.options)
        purpose = make_fields(template("activation"), BRAND, PLATFORM, granted)[0]
        assert purpose.options == (("spring",) if given else ())
    events = (
        BRAND.model_copy(update={"kind": "events"}),
        PLATFORM.model_copy(update={"kind": "events"}),
    )
    assert fits(template("overlap").kinds, BRAND, PLATFORM) and not fits(
        template("overlap").kinds, *events
    )
    assert fits(template("attribution").kinds, *events)
    assert fits(template("basket").kinds, events[0], PLATFORM)
    assert fits(template("channel_flow").kinds, BRAND, events[1])
    flow = make_fields(template("channel_flow"), BRAND, events[1])
    needed = [field.name for field in flow if field.required]
    assert needed == ["from.brand", "to.brand"]
    assert not fits(template("attribution").kinds, BRAND, PLATFORM)


def test_a_form_over_several_datasets_offers_what_works_over_them():
    fields = {one.name: one for one in make_fields(template("cross_attribution"), BRAND, PLATFORM)}
    assert fields["model"].options == ("shapley", "linear_distinct")
    assert all(one.startswith("platform.") for one in fields["group_by"].options)
    other = PLATFORM.model_copy(update={"further_profiles": ("phone:e164:v1", "idfa:v1")})
    alone, several = (
        [one.options for one in made if one.name == "match_by"]
        for made in (
            make_fields(template("overlap"), BRAND, other),
            make_fields(template("overlap"), BRAND, other, further=[(BRAND, PLATFORM)]),
        )
    )
    assert (alone, several) == ([], [("email", "phone")])


def test_costs_are_one_label_a_line():
    fields = make_fields(template("attribution"), BRAND, PLATFORM, agreement(), "brand")
    given = {"p.start": "2026-06-01T00:00", "p.end": "2026-07-01T00:00", "p.model": "linear"}
    read = read_fields(fields, MultiDict({**given, "p.brand_costs": "Hero = Video = 1200\nB=3.5"}))
    assert read["brand_costs"] == {"Hero = Video": 1200.0, "B": 3.5}
    for wrong in ("Hero = many", "= 3", "A=1\nA=2", "Hero: 3"):
        with pytest.raises(InvalidInput, match="Hero Video = 1200") as refusal:
            read_fields(fields, MultiDict({**given, "p.brand_costs": wrong}))
        assert refusal.value.column == "brand_costs"


@pytest.mark.parametrize(("model", "field"), [("time_decay", "half_life"), ("last_n", "credits")])
def test_what_a_model_needs_is_asked_for_at_its_field(model: str, field: str) -> None:
    fields = make_fields(template("attribution"), BRAND, PLATFORM, agreement(), "brand")
    given = {"p.start": "2026-06-01T00:00", "p.end": "2026-07-01T00:00"}
    with pytest.raises(InvalidInput) as refusal:
        read_fields(fields, MultiDict({**given, "p.model": model}))
    assert refusal.value.column == field
    assert read_fields(fields, MultiDict({**given, "p.model": "linear"}))["model"] == "linear"


def test_a_difference_names_what_changed():
    changes = difference({"a": 1, "b": {"c": "x", "d": 2}}, {"a": 1, "b": {"c": "y", "e": ["z"]}})
    found = {change.field: (change.kind, change.before, change.now) for change in changes}
    assert found == {
        "a": ("same", "1", "1"),
        "b.c": ("changed", "x", "y"),
        "b.d": ("removed", "2", None),
        "b.e": ("added", None, "z"),
    }
    assert {change.kind for change in difference(None, {"a": 1})} == {"added"}


def test_each_sentence_stands_once():
    keys: dict[tuple[str, str], str] = {}
    for key, texts in (PRODUCT | TABLE).items():
        known = keys.setdefault(texts, key)
        assert len(texts[0]) < SENTENCE or (PRODUCT | TABLE)[known] is texts, (known, key)


SENTENCE = 20
"""Characters from which on a text is more than a word or two that many things are called by."""


def test_every_message_of_every_page_exists_in_both_languages():
    folder = Path(api.console.__file__).parent / "templates"
    keys = {
        key
        for file in folder.rglob("*.html")
        for key in re.findall(r"\bt(?:_raw)?\('([^']+)'(?!\s*~)", file.read_text("utf-8"))
    }
    assert len(keys) > 100
    for key in keys:
        values = dict.fromkeys(re.findall(r"\{(\w+)\}", TABLE.get(key, ("", ""))[0]), "1")
        assert say(key, "en", **values) and say(key, "zh", **values)


def test_the_leaks_of_every_template_are_said_in_chinese_and_others_stay_as_written():
    said = {
        cell for one in COMMON_LEAKS for cell in (one.what, one.brand, one.platform, one.mediator)
    }
    assert said - LEAKS.keys() == set()
    assert leak("raw identifiers", "zh") == "原始标识"
    assert leak("raw identifiers", "en") == "raw identifiers"
    assert leak("something new", "zh") == "something new"
