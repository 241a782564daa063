"""What ``cleanroom room show`` tells a signer."""

from __future__ import annotations

import pytest

from cleanroom.cli.room import print_agreement
from cleanroom.documents.agreement import Grant
from tests.cleanroom.queries.room import sign_room
from tests.cleanroom.test_encryption_profile import OTHERS, SPENDERS


@pytest.mark.parametrize(("approval", "shown"), [("manual", "by hand"), ("auto", "by the agents")])
def test_a_signer_sees_who_approves_and_what_is_granted(approval, shown, capsys):
    datasets = {"brand": SPENDERS, "platform": OTHERS}
    signed = sign_room("overlap", datasets, (), {}, {"approval": approval})
    agreement = signed.rooms["brand"].agreement
    given = Grant(party="acme", kind="activation", purposes=("summer",), minimum=200)
    print_agreement(agreement.model_copy(update={"grants": (given,)}), "PROPOSED")
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert f"approval {shown}" in text
    assert "acme grants activation for summer, 200 people at least" in text
