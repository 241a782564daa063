"""Every template can be asked with the names that a room file has, and says what they are."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from cleanroom.agent.job_section import JobSection
from cleanroom.documents.typed import field_names
from cleanroom.errors import InvalidInput
from cleanroom.queries.registry import templates
from cleanroom.queries.where import CONDITIONS
from cleanroom.workbench.asked import Asking, Questions, describe, signature

NOBODY = Questions({}, "brand", "pandas", lambda _text: None)


def made(name: str, /, *given: object, **named: object) -> JobSection:
    """Return the section that a call writes; no room is asked."""
    return getattr(NOBODY, name)._section(given, named)


@pytest.mark.parametrize("name", templates())
def test_every_parameter_of_a_template_can_be_given(name: str) -> None:
    template = templates()[name]
    filled_in = {CONDITIONS, *template.filled_in}
    wanted = {*field_names(template.Parameters), *template.private_parameters} - filled_in
    known = inspect.signature(getattr(NOBODY, name)).parameters
    assert not filled_in & set(known)
    assert wanted <= {one.rstrip("_") for one in known}
    for one in wanted:
        assert f"  {one}" in describe(template)
    assert list(known)[:2] == ["brand", "platform"]
    assert name in dir(NOBODY)


def test_a_call_writes_the_section_of_a_room_file() -> None:
    section = made("overlap", "crm", "users", group_by=("brand.tier",), name="by-tier", rho=0.01)
    assert section.model_dump() == {
        "name": "by-tier",
        "template": "overlap",
        "brand": "crm",
        "platform": "users",
        "receiver": "brand",
        "rho": 0.01,
        "group_by": ["brand.tier"],
    }


def test_a_name_cannot_be_guessed_from_the_question() -> None:
    assert made("overlap", "crm", "users").name != made("overlap", "crm", "users").name


def test_numbers_of_a_frame_and_times_become_plain() -> None:
    at = datetime(2026, 6, 1, tzinfo=UTC)
    section = made(
        "attribution", "orders", "touches", model="linear", start=pd.Timestamp(at), end=at,
        group_by=np.array(["platform.campaign"]), max_conversions=np.int64(3),
        brand_costs={"search": np.float64(1.5)},
    )  # fmt: skip
    found = section.parameters()
    assert found["start"] == found["end"] == int(at.timestamp())
    assert found["group_by"] == ["platform.campaign"]
    assert type(found["max_conversions"]) is int
    assert found["brand_costs"] == {"search": 1.5}


def test_from_is_written_with_a_line_below() -> None:
    section = made("aipl_flow", "then", "now", from_={"brand": "stage"}, to={"brand": "stage"})
    assert section.parameters()["from"] == {"brand": "stage"}


@pytest.mark.parametrize("named", [{}, {"platform": "users", "groupby": ["brand.tier"]}])
def test_a_wrong_call_says_what_is_taken(named: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match=r"overlap: .*It takes \(brand: str, platform: str"):
        made("overlap", "crm", **named)


def test_what_is_no_template_is_no_attribute() -> None:
    with pytest.raises(AttributeError):
        _ = NOBODY.overlapp
    assert isinstance(NOBODY.overlap, Asking)
    assert signature(templates()["overlap"]).return_annotation.__name__ == "Answer"
