"""Whoever reads sums is told of values that count as their bound, as far as they may know of it."""

from __future__ import annotations

from dataclasses import replace

from cleanroom.agent.passing import ITS_OWNERS
from cleanroom.report import LANGUAGES
from cleanroom.report.sentences import notes
from tests.cleanroom.queries.harness import Measure, ask, audience

PEOPLE = ["a", "b", "c"]


def told(result: dict[str, object]) -> list[str]:
    return [" ".join(notes(result, language)) for language in LANGUAGES]


def test_the_owner_is_told_how_many_and_everybody_else_of_the_bounds() -> None:
    measures = {"spend": Measure([1, 1000, 1000], 1000, -25, 1)}
    brand = replace(audience(PEOPLE, measures=measures), clamped={"spend": 2})
    platform = audience(PEOPLE)
    asked = {"measures": ["spend"]}
    result = ask("overlap", asked, brand, platform).result
    assert all("2" in text and "knows how many" not in text for text in told(result))
    assert "count as the bound: 2." in told(result)[0]
    # An agency reads what its brand hands on: all but what is said of the brand's own file.
    passed = {name: value for name, value in result.items() if name not in ITS_OWNERS}
    english, chinese = told(passed)
    assert "declared (-25.00 to 1,000.00)" in english and "knows how many" in english
    assert "-25.00 至 1,000.00" in chinese
    # The other party receives: what is the brand's to know is in neither its result nor its notes.
    other = ask("overlap", asked, brand, platform, receiver="platform").result
    assert other["quality"]["cut"] == {} and "knows how many" in told(other)[0]
    plain = ask("overlap", {}, audience(PEOPLE), audience(PEOPLE)).result
    assert "declared" not in plain and "bound" not in told(plain)[0]
