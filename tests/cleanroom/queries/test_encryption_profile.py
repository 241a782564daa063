"""The profile of encryption that an agreement names is the one that owners use, and is said."""

import numpy as np
import pytest
from pydantic import ValidationError

from api.console.words import say
from cleanroom.cli import consent, policy
from cleanroom.documents.agreement import Policy
from cleanroom.report import word
from protocols.paillier import private, tables
from tests.cleanroom.queries.harness import Measure, ask, audience, by_key
from tests.cleanroom.queries.journeys import TIMES, five_people
from tests.cleanroom.queries.room import sign_room

BITS = 512
WINDOWS = {"strict": (BITS // 2 + 256) // 8, "fast": 448 // 8}
SPENDERS = audience(["a", "b", "c"], measures={"spend": Measure([5, 7, 9], 10)})
OTHERS = audience(["b", "c", "d"])


@pytest.fixture
def windows(monkeypatch):
    """Note how many bytes of exponent each encrypted row was given for each prime."""
    seen, encrypt_rows = set(), tables.encrypt_rows

    def noted(seed, exponents, values):
        seen.add(len(exponents) / (2 * len(values)))
        return encrypt_rows(seed, exponents, values)

    monkeypatch.setattr(tables, "encrypt_rows", noted)
    monkeypatch.setattr(private, "TABLE_THRESHOLD", 1)  # few rows would need no tables
    return seen


@pytest.mark.parametrize("profile", [None, "strict", "fast"])
def test_an_upload_spends_the_exponents_of_the_agreed_profile(windows, profile):
    agreed = {} if profile is None else {"paillier_profile": profile}
    asked = ask("overlap", {"measures": ["spend"]}, SPENDERS, OTHERS,
                paillier_bits=BITS, **agreed)  # fmt: skip
    assert windows == {WINDOWS[profile or "strict"]}
    assert asked.result["total"]["sums"] == {"spend": 16}


@pytest.mark.parametrize("profile", ["strict", "fast"])
def test_rows_made_for_a_job_spend_the_exponents_of_the_agreed_profile(windows, profile):
    parameters = {"model": "last_touch", "measures": ["value"], **TIMES}
    result = ask("attribution", parameters, *five_people(), paillier_profile=profile,
                 paillier_bits=BITS).result  # fmt: skip
    assert windows == {WINDOWS[profile]}
    assert by_key(result["groups"], "platform.campaign")["Search",]["sums"] == {"value": 160.0}


def test_phe_opens_rows_of_the_fast_profile():
    signed = sign_room("overlap", {"brand": SPENDERS, "platform": OTHERS}, (), {},
                       {"paillier_profile": "fast", "paillier_bits": BITS})  # fmt: skip
    key = signed.rooms["brand"].paillier()
    sent = signed.desk.whole(f"/v1/datasets/{signed.datasets['brand']}/chunks", "brand")
    rows = np.frombuffer(sent, dtype=np.uint8).reshape(-1, key.public.ciphertext_bytes)
    phe = key.to_phe()
    opened = [phe.raw_decrypt(int.from_bytes(row.tobytes(), "big")) for row in rows]
    assert sorted(opened)[-3:] == [1 + (value << 128) for value in (5, 7, 9)]
    assert set(sorted(opened)[:-3]) == {0}


def test_a_profile_that_has_no_name_is_refused():
    with pytest.raises(ValidationError):
        Policy(expires=1, paillier_profile="quick")
    assert Policy(expires=1).paillier_profile == "strict"


@pytest.mark.parametrize("profile", ["strict", "fast"])
def test_signers_and_askers_read_what_is_assumed_and_whom_it_endangers(profile, capsys):
    signed = sign_room("overlap", {"brand": SPENDERS, "platform": OTHERS}, (), {},
                       {"paillier_profile": profile, "paillier_bits": BITS})  # fmt: skip
    sentence = word(f"paillier.{profile}")
    reader = consent.reader(signed.rooms["brand"].home, "en")
    consent.print_consent(signed.rooms["brand"].agreement, "PROPOSED", reader)
    policy._print([], sentence)
    shown, asked = capsys.readouterr().out.split("The room allows")[0].rsplit("Encryption", 1)
    assert " ".join(sentence.split()[:2]) in " ".join(shown.replace("│", " ").split())
    assert sentence in asked
    assert ("the mediator could read" in sentence) == (profile == "fast")
    assert say(f"paillier.{profile}", "zh") != sentence
