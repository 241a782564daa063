"""Two files of a stranger become answers that are exact to the cent."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal

from tests.end_to_end.conftest import Rehearsal, cleanroom


def expected(rehearsal: Rehearsal, *keys: str) -> dict[tuple[str, ...], tuple[int, Decimal]]:
    people: dict[tuple[str, ...], int] = defaultdict(int)
    spend: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    stranger = rehearsal.stranger
    for name in stranger.common():
        tier, amount = stranger.brand[name]
        labels = {"brand.tier": tier, "platform.age_band": stranger.platform[name]}
        key = tuple(labels[name] for name in keys)
        people[key] += 1
        spend[key] += amount
    return {key: (people[key], spend[key]) for key in people}


def shown(result: dict) -> dict[tuple[str, ...], tuple[int, Decimal]]:
    return {
        tuple(group["key"].values()): (
            group["people"],
            Decimal(str(group.get("sums", {}).get("spend", 0))),
        )
        for group in result["groups"]
    }


def test_answers_are_exact(rehearsal):
    results = rehearsal.results
    assert shown(results["by-age"]) == expected(rehearsal, "platform.age_band")
    assert shown(results["by-both"]) == expected(rehearsal, "brand.tier", "platform.age_band")
    whole = expected(rehearsal)[()]
    for name in ("in-all", "by-age", "by-both"):
        total = results[name]["total"]
        assert (total["people"], Decimal(str(total["sums"]["spend"]))) == whole
    counts = {
        key: (people, Decimal(0)) for key, (people, _) in expected(rehearsal, "brand.tier").items()
    }
    assert shown(results["count-only"]) == counts


def test_json_is_one_document_and_the_same_as_the_file(rehearsal):
    assert rehearsal.printed["jobs"] == rehearsal.results
    refused = {one["about"]: one["rule"] for one in rehearsal.printed["live"]}
    assert refused["room"] == "live-key"
    assert refused["not-agreed"] == "unknown-label"


def test_the_agency_of_the_file_asks_and_reads_what_a_brand_would(rehearsal):
    asked = {one["receiver"]: one.get("asked_by") for one in rehearsal.results.values()}
    assert asked == {"brand": "omni", "platform": None}
    entries = json.loads((rehearsal.folder / "audit.json").read_text("utf-8"))["entries"]
    assert [entry["kind"] for entry in entries].count("delegation.grant") == 1


def test_quality_is_reported(rehearsal):
    quality = rehearsal.results["in-all"]["quality"]
    assert quality["unusable"] == 2
    assert quality["brand_rows"] == len(rehearsal.stranger.brand)
    assert quality["platform_rows"] == len(rehearsal.stranger.platform)


def test_the_same_question_has_one_answer(rehearsal):
    first, again = (rehearsal.results[name] for name in ("by-age", "by-age-again"))
    assert first["receipt"]["job"] == again["receipt"]["job"]
    assert first["groups"] == again["groups"]


def test_a_question_that_was_not_agreed_is_refused(rehearsal):
    refused = rehearsal.results["not-agreed"]
    assert refused["status"] == "REFUSED"
    assert "income" in refused["problem"]["detail"]


def test_the_log_verifies_and_any_change_is_caught(rehearsal, tmp_path):
    bundle = rehearsal.folder / "audit.json"
    assert cleanroom("audit", "verify", str(bundle)).returncode == 0
    changed = tmp_path / "audit.json"
    text = bundle.read_text("utf-8")
    assert '"k":1' in text.replace(" ", "")
    document = json.loads(text)
    document["entries"][5]["time"] += 1
    changed.write_text(json.dumps(document), "utf-8")
    done = cleanroom("audit", "verify", str(changed))
    assert done.returncode == 5, done.stderr
