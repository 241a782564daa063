import csv
import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cleanroom.errors import InvalidInput
from cleanroom.report import LANGUAGES, Language, terminal
from cleanroom.report.save import PICTURE_ENDINGS, check_file, save_picture, save_table
from cleanroom.words.table import figures, tables
from tests.cleanroom.report.charts.samples import (
    HOSTILE,
    SAMPLES,
    attribution,
    envelope,
    funnel,
    overlap,
    people,
)
from tests.cleanroom.report.charts.test_pictures import poisoned


def shown(
    result: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    language: Language = "en",
    width: int = 160,
) -> str:
    page = io.StringIO()
    console = Console(file=page, width=width, force_terminal=False, color_system=None)
    monkeypatch.setattr(terminal, "out", console)
    terminal.print_result(result, language)
    return page.getvalue()


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shape_prints(name: str, language: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    result = SAMPLES[name]()
    page = shown(result, monkeypatch, language)
    assert f"{result['total'].get('people', 1210):,}" in page
    assert (("REHEARSAL" in page) or ("演练" in page)) == (name == "rehearsal")


def test_numbers_stand_with_their_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    page = shown(overlap(), monkeypatch)
    row = next(line for line in page.splitlines() if "25-34" in line)
    assert row.split("  ") and "4,812" in row and "4,773 to 4,851" in row
    assert "245,428.44 to 248,956.44" in row
    assert "The answer of overlap in one sentence." in page


@pytest.mark.parametrize("name", SAMPLES)
def test_a_narrow_terminal_loses_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    page = shown(SAMPLES[name](), monkeypatch, width=80)
    assert max(map(len, page.splitlines())) <= 80
    assert "…" not in page


@pytest.mark.parametrize("name", SAMPLES)
def test_hostile_labels_do_not_reach_the_terminal(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for label in HOSTILE:
        page = shown(poisoned(SAMPLES[name](), label), monkeypatch)
        assert page.replace("\n", "").isprintable()
    page = shown(poisoned(overlap(), "[bold red]markup[/bold red]"), monkeypatch)
    assert "[bold red]markup[/bold red]" in page


def test_lists_and_figures_of_a_template_have_tables_of_their_own() -> None:
    result = funnel()
    assert [table.name for table in tables(result)] == ["groups", "total.steps"]
    assert tables(result)[1].rows[1][1][0].value == "click"
    lift = figures(SAMPLES["lift"]())
    assert lift["total.relative_lift"].interval is not None
    assert lift["total.measures.value.difference"].interval is not None
    profile = tables(SAMPLES["profile"]())[0]
    assert profile.rows[1][1][profile.columns.index("tgi_index")].interval is not None


def test_a_result_of_an_unknown_shape_still_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    result = envelope(
        "tomorrow",
        total=people(120),
        segment={"released": True, "purpose": "spring", "minimum": 100},
        pairs=[{"key": {"first": "A", "second": "B"}, "synergy": 1.25, "odd": None}],
    )
    page = shown(result, monkeypatch)
    for text in ("120", "yes", "spring", "1.25", "81 to 159"):
        assert text in page


def test_csv_has_bounds_and_no_formulas(tmp_path: Path) -> None:
    result = overlap()
    for group, label in zip(result["groups"], HOSTILE[5:], strict=False):
        group["key"] = {"platform.age_band": label}
    save_table(result, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][:5] == [
        "platform.age_band",
        "people",
        "people_sd",
        "people_low",
        "people_high",
    ]
    assert rows[1][:3] == ["'" + HOSTILE[5], "1204", "20.0"]
    assert rows[2][0] == "␛[2J␛]0;owned␇"
    assert rows[-1][0] == "total" and rows[-1][1] == "11535"
    assert all(len(row) == len(rows[0]) for row in rows)


def test_csv_of_a_result_without_groups_lists_its_figures(tmp_path: Path) -> None:
    save_table(envelope("activation", total=people(120)), tmp_path / "out.csv")
    assert "total.people,120,20.0" in (tmp_path / "out.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("ending", PICTURE_ENDINGS)
def test_pictures_are_saved_whole_for_the_owner_alone(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    save_picture(overlap(), path, "zh")
    assert path.read_bytes()[:4] in (b"<svg", b"\x89PNG")
    assert path.stat().st_mode & 0o077 == 0
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_other_endings_are_refused_before_anything_happens(tmp_path: Path) -> None:
    check_file(None, PICTURE_ENDINGS)
    check_file(tmp_path / "out.PNG", PICTURE_ENDINGS)
    (tmp_path / "there.svg").touch()
    check_file(tmp_path / "there.svg", PICTURE_ENDINGS, overwrite=True)
    for path in (tmp_path / "out.pdf", tmp_path / "missing" / "out.svg", tmp_path / "there.svg"):
        with pytest.raises(InvalidInput):
            check_file(path, PICTURE_ENDINGS)


def test_the_first_step_comes_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    step = {"key": {"from": None, "to": "feed"}, "conversions": 2.0}
    result = overlap() | {"template": "sequence", "groups": [step], "bounds": {"outside": 548}}
    page = shown(result, monkeypatch)
    assert any("Start" in line and "feed" in line for line in page.splitlines())
    assert "None" not in page and "At no stage" not in page
    assert any("outside the period" in line and "548" in line for line in page.splitlines())


def test_a_table_that_is_too_wide_goes_on_below_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("cost", "cost_per_conversion", "return_on_spend")
    result = attribution("last_touch")
    for group in result["groups"]:
        group.update({**dict.fromkeys(names, 12345.5), "sums": {"value": 1234567.5}})
    page = shown(result, monkeypatch, width=80)
    assert max(map(len, page.splitlines())) <= 80
    lines = page.splitlines()
    below = [line for line in lines if "return on spend" in line]
    assert below and not any("conversions" in line.split() for line in below)
    assert page.count("12,345.50") == len(names) * len(result["groups"]), "whole numbers"
