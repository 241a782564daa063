"""What people choose from is what it is called: a mediator must not show one member as another."""

from __future__ import annotations

import pytest

from api.console.pairs import Pair
from cleanroom.errors import PeerFault
from tests.api import story


def test_a_dataset_that_is_shown_under_anothers_identifier_cannot_be_chosen() -> None:
    crm, douyin, weibo = (story.manifest(name) for name in ("brand", "douyin", "weibo"))
    shown = [{"id": one.identity(), "manifest": one.to_json()} for one in (crm, douyin, weibo)]
    assert Pair("ab" * 16, shown[0], shown[1]).name == "brand/crm v1 × douyin/users v1"
    swapped = {"id": weibo.identity(), "manifest": douyin.to_json()}
    with pytest.raises(PeerFault):
        Pair("ab" * 16, shown[0], swapped)
