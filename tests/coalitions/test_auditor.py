"""What an auditor makes of a room that it reads: alone, with a party, with the mediator.

The auditor's column of the table "who learns what".  It holds what every route that lets it in
answers: the log with all statements, commitments and their salts.  So it may guess an upload and
hold the guess against its commitment.  Each attack fails, and succeeds without the defence.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from cleanroom.agent import datasets, job_rows, sealed_labels
from cleanroom.agent.rooms import sealing_key, verifying_key
from cleanroom.agent.sealed_labels import label_info
from cleanroom.mediator.uploads import commitment
from protocols import limits
from protocols.errors import InvalidMessageError
from protocols.labels import parse_entry
from protocols.paillier import PublicKey, pack
from protocols.sealing import SealingKey, open_sealed
from tests.api import story
from tests.api.party import World, paillier, world
from tests.cleanroom.queries.harness import Data, Measure, ask, audience, events
from tests.cleanroom.queries.journeys import START
from tests.cleanroom.queries.room import sign_room
from tests.coalitions.room import align, tokens_of
from tests.hostile import test_authorization as table
from tests.protocols.alignment_contract import people

Rows = Sequence[bytes]
BRAND, PLATFORM = range(story.PEOPLE), range(30, 30 + story.PEOPLE)
KEY = paillier("brand").public


def shuffled(rows: Rows) -> list[bytes]:
    return sorted(rows, key=lambda row: secrets.token_bytes(16))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "mediator") as made:
        made.open_room()
        yield made


def settle(place: World, tokens: tuple[Rows, Rows], brand_rows: Rows | None = None) -> table.Things:
    """Bring a room to a released answer, with these tokens of both sides."""
    spent = list(range(1, story.PEOPLE + 1))
    brand = story.upload(
        place.brand, story.manifest("brand"), list(brand_rows or story.brand_rows(spent))
    )
    platform = story.upload(place.platform, story.manifest("platform"), story.platform_rows())
    alignment = story.propose(place, brand, platform)
    story.join(place, alignment)
    for party, rows in zip((place.brand, place.platform), tokens, strict=True):
        pair, path = f"{brand}/{platform}", f"/v1/alignments/{alignment}"
        sent = party.upload(f"{path}/tokens/{pair}", list(rows))
        body = {"alignment": alignment, "attempt": 1, "transcript": "ab" * 32}
        party.must_say(f"{path}/finish", "alignment.finish", {**body, "tokens": {pair: sent}})
    document = story.question(place, (brand, platform, alignment))
    job = story.submit(place, document)
    for party in (place.brand, place.platform):
        story.approve(party, job)
    assert place.mediator.worker().run_once()
    series = story.standing(place)
    place.brand.must_say("/v1/standing", "standing.propose", {"standing": series.to_json()})
    names = {"room": place.room, "dataset": brand, "alignment": alignment, "job": job}
    names["standing"] = series.identity()
    return table.Things(place, names, document, series.digest())


def view(of: table.Things) -> list[Any]:
    """Return what every route that lets an auditor in answers it."""
    answers = [
        table.ask(of.world.auditor, of, method, rule)
        for (method, rule), roles in table.ALLOWED.items()
        if method == "GET" and "auditor" in roles
    ]
    assert len(answers) > 12
    assert all(answer.status_code == 200 for answer in answers)
    return [answer.get_json(silent=True) or answer.get_data(as_text=True) for answer in answers]


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in what the auditor holds."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from parts(inner)


def confirmed(seen: list[Any], guess: Rows) -> bool:
    """Tell whether some upload is the guessed rows: everybody who reads the log can try."""
    digest = [hashlib.sha256(b"".join(guess)).digest()]
    uploads = [part for part in parts(seen) if "salt" in part]
    assert len(uploads) >= 4
    return any(commitment(one["salt"], digest) == one["commitment"] for one in uploads)


# Who is who, and who is in the overlap: a dictionary of everybody, held against the commitments.


def keyed(shuffle: Callable[[Rows], Rows] = shuffled) -> tuple[tuple[Rows, Rows], Rows]:
    """Return both sides' tokens from a real alignment, and what the brand knows them to be."""
    run = align((people(BRAND), people(PLATFORM)), sizes=(128, 128))
    own, peer = (tokens_of(derived) for derived in run.secrets)
    return (shuffle(own), shuffle(peer)), own


def test_an_auditor_that_knows_everybody_and_every_order_names_nobody(place):
    tokens, _ = keyed(list)
    seen = view(settle(place, tokens))
    assert not confirmed(seen, [story.token(person) for person in BRAND])
    assert not confirmed(seen, [story.token(person) for person in PLATFORM])
    held = str(seen).encode()
    for name in people(range(100)):
        digest = hashlib.sha256(name).digest()
        assert not any(text in held for text in (name, digest.hex().encode()))


def test_with_tokens_that_anybody_can_compute_it_reads_both_sides_people(place):
    tokens = tuple([story.token(person) for person in side] for side in (BRAND, PLATFORM))
    seen = view(settle(place, tokens))
    assert confirmed(seen, tokens[0]) and confirmed(seen, tokens[1])


# The auditor and the brand: the brand knows T of its own people, and guesses the other side's.


def same_people(shuffle: Callable[[Rows], Rows]) -> tuple[tuple[Rows, Rows], Rows]:
    """Let the platform have the brand's people and nobody else: the easiest guess there is."""
    own = tokens_of(align((people(BRAND), people(BRAND)), sizes=(128, 128)).secrets[0])
    return (shuffled(own), shuffle(own)), own


@pytest.mark.parametrize("shuffle", [shuffled, list])
def test_auditor_and_brand_confirm_the_others_people_only_where_rows_are_in_order(place, shuffle):
    """In the order of the file nothing would be left to guess; there are 70! orders."""
    tokens, own = same_people(shuffle)
    assert confirmed(view(settle(place, tokens)), own) is (shuffle is list)


# What single people spent: the auditor knows every sum and every pseudonym, in order.


@pytest.mark.parametrize("encrypted", [True, False])
def test_an_auditor_confirms_measures_only_where_rows_have_no_randomness(place, encrypted):
    spent = list(range(1, story.PEOPLE + 1))
    bare = [
        bytes.fromhex(story.TIERS[row % 2])
        + KEY.ciphertext_to_bytes(KEY.add_plain(1, pack((1, value))))
        for row, value in enumerate(spent)
    ]
    rows = story.brand_rows(spent) if encrypted else bare
    assert confirmed(view(settle(place, keyed()[0], rows)), bare) is not encrypted


# Aggregates: the log held the digest of the released ciphertexts, and holds it no more.


def counts_behind(seen: list[Any]) -> set[tuple[int, ...]]:
    """Try every pair of counts as ciphertexts that anybody can compute."""
    held = str(seen)
    bare = [KEY.ciphertext_to_bytes(KEY.add_plain(1, n)) for n in range(story.PEOPLE + 1)]
    pairs = product(range(len(bare)), repeat=2)
    return {pair for pair in pairs
            if hashlib.sha256(b"".join(bare[n] for n in pair)).hexdigest() in held}  # fmt: skip


@pytest.mark.parametrize("randomised", [True, False])
def test_an_auditor_reads_counts_out_of_digests_only_where_they_have_no_randomness(
    place, randomised, monkeypatch
):
    tokens, _ = keyed(list)
    if not randomised:
        monkeypatch.setattr(PublicKey, "_randomise", lambda key, bare, *rest: list(map(int, bare)))
    settled = settle(place, tokens)
    seen = view(settled)
    people = place.brand.get(f"/v1/jobs/{settled.names['job']}/result?part=people").get_data()
    digest = hashlib.sha256(people).hexdigest()
    assert digest not in str(seen)
    assert counts_behind([*seen, digest]) == (set() if randomised else {(20, 20)})


# Sizes, times and paths: the shape of everything that parties say into the log.


def shape(value: Any) -> Any:
    """Return a document with every text replaced by its length."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return len(value) if isinstance(value, str) else value


def said(template: str, parameters: dict[str, Any], brand: Data, platform: Data) -> Any:
    """Return the shapes of what both parties said from upload to receipt."""
    desk = ask(template, parameters, brand, platform, paillier_bits=512).desk
    # The alignment of the harness has no statements; its sizes are in test_identities.
    return sorted(str((party, kind, shape(body))) for party, kind, body in desk.said)


def crowd(count: int) -> tuple[Data, Data]:
    names = [f"p{number}" for number in range(count)]
    spend = {"spend": Measure([5] * count, 10)}
    return audience(names, measures=spend), audience(names, {"age": ["a", "b"] * (count // 2)})


def paths(*seconds: int) -> tuple[Data, Data]:
    """Return orders at 1000 seconds and touches of one person at these seconds."""
    touches = len(seconds)
    brand = events(["p"], [START + 1000], measures={"value": Measure([5], 10)})
    when = [START + second for second in seconds]
    return brand, events(["p"] * touches, when, [1] * touches, {"campaign": ["A"] * touches})


PERIOD = {"start": START, "end": START + 4096, "window": "1h", "measures": ["value"]}
CASES = {
    "sizes": ("overlap", {"group_by": ["platform.age"]}, crowd(34), crowd(40)),
    "times": ("attribution", {"model": "last_touch", **PERIOD}, paths(10), paths(40, 900)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_logged_tells_neither_sizes_nor_times(case):
    template, parameters, first, second = CASES[case]
    assert said(template, parameters, *first) == said(template, parameters, *second)


@pytest.mark.parametrize("case", CASES)
def test_without_padding_it_tells(case, monkeypatch):
    template, parameters, first, second = CASES[case]
    for module in (datasets, job_rows):
        monkeypatch.setattr(module, "padded_size", lambda count: count)
    assert said(template, parameters, *first) != said(template, parameters, *second)


# The auditor and the mediator: the auditor is a member with keys, and nothing is sealed to it.


@pytest.mark.parametrize("misdirected", [False, True])
def test_auditor_and_mediator_open_labels_only_where_they_are_sealed_to_the_auditor(
    misdirected, monkeypatch
):
    """The agreement that everybody signed says whose key is whose."""
    auditor = SealingKey(secrets.token_bytes(32))
    if misdirected:
        monkeypatch.setattr(sealed_labels, "sealing_key", lambda card: auditor.public_key)
    viewers = audience(["a", "b"], {"age": ["18-24", "25-34"]})
    room = sign_room("overlap", {"brand": audience(["a"]), "platform": viewers}, (), {}, {})
    entries = room.desk.dictionaries[room.datasets["platform"]]["entries"]
    nonce = room.desk.manifests[room.datasets["platform"]]["nonce"]
    owner = room.rooms["platform"]

    def labels(key: SealingKey) -> set[str]:
        found = set()
        for entry in entries:
            info = label_info(owner, nonce, entry["pseudonym"])
            blob = base64.b64decode(entry["sealed"])
            try:
                found.add(parse_entry(open_sealed(blob, key, info, verifying_key(owner.own)))[1])
            except InvalidMessageError:
                continue
        return found

    everything = {"18-24", "25-34"}
    assert labels(auditor) == (everything if misdirected else set())
    assert labels(room.rooms["brand"].home.sealing) == (set() if misdirected else everything)
    assert sealing_key(owner.agreement.facing(owner.own.name)[0]) != auditor.public_key


def test_the_stated_limit_a_small_skewed_upload_of_labels_alone_can_be_guessed(place):
    """Opaque labels and nothing else, one of them once: 70 guesses, and the salt is in the log."""
    common, rare = (bytes.fromhex(age) for age in story.AGES)
    odd = secrets.randbelow(story.PEOPLE)
    rows = [rare if row == odd else common for row in range(story.PEOPLE)]
    with pytest.MonkeyPatch.context() as skewed:
        skewed.setattr(story, "platform_rows", lambda: rows)
        seen = view(settle(place, keyed()[0]))
    guesses = [[rare if row == at else common for row in range(len(rows))] for at in range(70)]
    assert [confirmed(seen, guess) for guess in guesses].index(True) == odd
    assert limits.padded_size(story.PEOPLE) == story.PEOPLE  # no random row among them
