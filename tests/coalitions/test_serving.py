"""What a brand, a platform and the mediator can make of questions about single people."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import rbcl

from cleanroom.agent import datasets
from cleanroom.agent.serving import answer, wire
from cleanroom.agent.serving.ask import Label
from cleanroom.agent.serving.counts import Counts
from cleanroom.agent.serving.publish import publish, question
from cleanroom.errors import PeerFault, PolicyRefusal
from cleanroom.mediator import members
from protocols.errors import InvalidProofError
from protocols.signing import SigningKey, VerifyingKey
from protocols.voprf import ELEMENT_BYTES, NOBODY, ServerKey, Table, blind, client
from protocols.voprf.group import hash_to_points, multiply_base, multiply_points
from protocols.voprf.server import output
from tests.cleanroom.agent.conftest import meet
from tests.cleanroom.agent.serving_scene import Scene, SharedPlace, data, grant

ROOM = "ab" * 16
MEMBERS = [question(ROOM, b"raw:v1\0member %d" % number) for number in range(40)]
STRANGERS = [question(ROOM, b"raw:v1\0stranger %d" % number) for number in range(40)]


def stream(name):
    """Return a repeatable source of bytes."""
    drawn = 0

    def random(count):
        nonlocal drawn
        drawn += count
        return hashlib.shake_256(name).digest(drawn)[drawn - count :]

    return random


SECRET = b"k" * 31 + b"\7"
KEY = ServerKey(SECRET)
SECOND = ServerKey.derive(b"s" * 32)
TABLE = Table.build(KEY.outputs(MEMBERS), np.zeros(40, np.uint8), 64, stream(b"table"))


MARK = multiply_base(b"\7" + bytes(31))


def asked(person, random, key=KEY, mark=bytes(ELEMENT_BYTES)):
    """Ask about one person; return what the brand sees, and how the platform reads the answer.

    The brand may use another key, or add a mark to what it answers.
    """
    blinded = blind([person], random)
    evaluated, proof = key.evaluate(blinded.elements, stream(b"proof"))
    answered = [rbcl.crypto_core_ristretto255_add(one, mark) for one in evaluated]
    return blinded.elements[0], lambda table: table.labels(
        blinded.finalize(answered, proof, KEY.public)
    )


def marked():
    """A table in which a visitor is somebody's only if the brand marked its answer."""
    (right,) = multiply_points(SECRET, hash_to_points(STRANGERS[:1]))
    found = output(STRANGERS[0], rbcl.crypto_core_ristretto255_add(right, MARK))
    more = np.frombuffer(found, dtype=np.uint8).reshape(1, -1)
    outputs = np.concatenate([KEY.outputs(MEMBERS), more])
    return Table.build(outputs, np.zeros(41, np.uint8), 64, stream(b"marked"))


def test_a_brand_that_answers_one_visitor_with_another_key_is_found_out():
    for changed in ({"key": SECOND}, {"mark": MARK}):
        _, read = asked(STRANGERS[0], stream(b"one"), **changed)
        with pytest.raises(InvalidProofError):
            read(marked())


def test_without_the_proof_it_sees_from_the_bid_whom_the_question_was_about(monkeypatch):
    monkeypatch.setattr(client, "verify", lambda *_: None)
    bids = [asked(one, stream(b"one"), mark=MARK)[1](marked()) for one in STRANGERS[:5]]
    assert bids == [[0]] + [[NOBODY]] * 4


def test_a_brand_does_not_recognise_the_visitors_of_its_questions():
    random = stream(b"fresh")
    seen = [asked(one, random)[0] for one in (MEMBERS[0], MEMBERS[0], STRANGERS[0])]
    assert len(set(seen)) == 3
    known = {blind([one], stream(b"a guess")).elements[0] for one in (*MEMBERS, *STRANGERS)}
    assert not known & set(seen)


def test_without_fresh_blinding_it_names_them_all():
    fixed = bytes(range(32))
    seen = [asked(one, lambda _: fixed)[0] for one in (*MEMBERS, *STRANGERS)]
    known = {blind([one], lambda _: fixed).elements[0]: one for one in (*MEMBERS, *STRANGERS)}
    assert [known[one] for one in seen] == [*MEMBERS, *STRANGERS]


def test_a_platform_with_the_table_and_a_dictionary_names_nobody_without_asking():
    """The mediator adds the public key and the table's digest: neither evaluates anything."""
    guesses = [hashlib.sha512(KEY.public + one).digest() for one in MEMBERS]
    assert TABLE.labels(guesses) == [NOBODY] * 40


def test_with_the_key_it_names_everybody():
    assert TABLE.labels([KEY.output(one) for one in MEMBERS]) == [0] * 40
    assert TABLE.labels([KEY.output(one) for one in STRANGERS]) == [NOBODY] * 40


def dictionary(counts, terms):
    """Ask about everybody, one by one, until the quota says no; return who was named."""
    named = []
    for number, person in enumerate((*MEMBERS, *STRANGERS)):
        try:
            counts.take(0, terms, b"%d" % number, 1, 1_000_000.0 + number)
        except PolicyRefusal:
            return named
        if asked(person, stream(person))[1](TABLE) == [0]:
            named.append(person)
    return named


def test_a_platform_that_asks_a_dictionary_is_stopped_at_its_quota(tmp_path):
    terms = grant(per_day=12).serving
    assert dictionary(Counts(tmp_path / "counts.sqlite"), terms) == MEMBERS[:12]


def test_without_a_quota_it_names_the_whole_audience(tmp_path):
    terms = grant(per_day=1_000_000).serving
    assert dictionary(Counts(tmp_path / "counts.sqlite"), terms) == MEMBERS


def test_the_stated_limit_answers_under_one_key_stay_readable_in_its_table():
    """Who asked once can read that person's label in the same table for ever, and in no other."""
    blinded = blind([MEMBERS[0]], stream(b"once"))
    evaluated, proof = KEY.evaluate(list(blinded.elements), stream(b"proof"))
    outputs = blinded.finalize(evaluated, proof, KEY.public)
    second = Table.build(SECOND.outputs(MEMBERS), np.zeros(40, np.uint8), 64, stream(b"next"))
    assert TABLE.labels(outputs) == [0]
    assert second.labels(outputs) == [NOBODY]


SIGNING = SigningKey(b"b" * 32)


def test_a_mediator_that_passes_questions_on_recognises_nobody():
    """It sees fresh uniform elements, and nothing else that depends on a person."""
    random = stream(b"passed")
    passed = []
    for person in (MEMBERS[0], MEMBERS[0], STRANGERS[0]):
        blinded = blind([person], random)
        question = wire.Question("ab" * 16, 1, b"n" * 16, list(blinded.elements)).to_bytes()
        passed.append(wire.write_passed(0, bytes(64), question))
    assert len({one[:-ELEMENT_BYTES] for one in passed}) == 1, "all else says nothing of a person"
    elements = {one[-ELEMENT_BYTES:] for one in passed}
    assert len(elements) == 3
    known = {blind([one], stream(b"a guess")).elements[0] for one in (*MEMBERS, *STRANGERS)}
    assert not known & elements


def changed():
    """Pass an honest reply on as one of a minute later; return what the platform reads."""
    passed = wire.write_passed(0, bytes(64), b"q")
    honest = wire.write_answer(7, [KEY.public], bytes(64))
    reply = wire.write_reply(SIGNING, passed, 200, "", honest)
    later = reply[:82] + (8).to_bytes(8, "big") + reply[90:]
    assert wire.read_answer(wire.read_reply(SIGNING.verifying_key, passed, reply).content)[0] == 7
    return wire.read_answer(wire.read_reply(SIGNING.verifying_key, passed, later).content)[0]


def test_a_mediator_that_changes_a_reply_is_found_out():
    with pytest.raises(PeerFault, match="not signed by the brand"):
        changed()


def test_without_the_brands_signature_it_moves_a_count_to_another_minute(monkeypatch):
    monkeypatch.setattr(VerifyingKey, "verify", lambda *_: None)
    assert changed() == 8


@pytest.fixture
def scene(tmp_path):
    made = Scene.open(SharedPlace(**vars(meet(tmp_path))))
    publish(made.brand, 0)
    return made


def shown_the_publication_before(scene, monkeypatch):
    """Take people out of an audience and show the publication before; ask about one of them."""
    before = scene.brand.client.serving(scene.brand.identity)
    scene.refresh(80)
    for room in (scene.brand, scene.platform):
        monkeypatch.setattr(room.client, "serving", lambda _room: before)
    return scene.asker(scene.answerer(), default="unknown").ask(["P0084x"])


def test_a_mediator_that_shows_the_publication_before_has_nobody_served_who_was_taken_out(
    scene, monkeypatch
):
    with pytest.raises(PeerFault, match="serving-number"):
        shown_the_publication_before(scene, monkeypatch)


def test_without_the_memory_of_the_newest_it_and_the_platform_read_their_labels(scene, monkeypatch):
    monkeypatch.setattr(answer, "check_newest", lambda *_: None)
    assert shown_the_publication_before(scene, monkeypatch) == [Label("gold")]


def asked_after_it_left(folder, monkeypatch):
    """The mediator goes on showing what served a platform that an amendment took away."""
    roles = {"acme": "brand", "telco": "platform", "video": "platform"}
    scene = Scene.open(SharedPlace(**vars(meet(folder, roles))))
    publish(scene.brand, 0)
    answerer = scene.answerer()
    asker = scene.asker(answerer, default="unknown")
    monkeypatch.setattr(members, "_take_away", lambda *_: None)
    scene.take_away()
    answerer.look()
    assert scene.platform.client.serving(scene.platform.identity)
    return asker.ask(["P0000x"]), answerer.current


def test_a_mediator_that_takes_nothing_away_has_no_platform_served_that_left(tmp_path, monkeypatch):
    (label,), shown = asked_after_it_left(tmp_path, monkeypatch)
    assert (label.value, label.problem, shown) == ("unknown", "member-left", "")


def test_without_the_homes_own_agreement_in_force_it_reads_labels(tmp_path, monkeypatch):
    monkeypatch.setattr(answer.amendments, "settle", lambda room: room)
    assert asked_after_it_left(tmp_path, monkeypatch)[0] == [Label("gold")]


def published_without_the_newest_version(scene, monkeypatch):
    """Take people out of an audience, hide its new version, publish; ask about one of them."""
    before = scene.brand.client.datasets(scene.brand.identity)
    scene.upload(scene.brand, data(80))
    monkeypatch.setattr(scene.brand.client, "datasets", lambda _room: before)
    publish(scene.brand, 0)
    return scene.asker(scene.answerer(), default="unknown").ask(["P0084x"])


def test_a_mediator_that_hides_the_newest_version_has_no_older_one_published(scene, monkeypatch):
    with pytest.raises(PeerFault, match="does not show version 2"):
        published_without_the_newest_version(scene, monkeypatch)


def test_without_the_memory_of_what_was_sent_it_has_them_served_again(scene, monkeypatch):
    monkeypatch.setattr(datasets, "_check_newest", lambda *_: None)
    assert published_without_the_newest_version(scene, monkeypatch) == [Label("gold")]
