import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from io import StringIO
from string import Formatter

import pytest
from rich.table import Table

from cleanroom.errors import InvalidInput
from cleanroom.queries import names
from cleanroom.queries.registry import templates
from cleanroom.report import TABLE, columns, inert, language, said, shorten, word, wrap
from cleanroom.report.act_words import ACTS
from cleanroom.report.amendment_words import AMENDMENT
from cleanroom.report.command_words import COMMANDS
from cleanroom.report.concern_words import CONCERNS
from cleanroom.report.concern_words_of_numbers import NUMBER_CONCERNS
from cleanroom.report.concern_words_of_rows import ROW_CONCERNS
from cleanroom.report.consent_words import CONSENT
from cleanroom.report.console import CONSOLE
from cleanroom.report.dataset_words import DATASET
from cleanroom.report.screen import Screen
from cleanroom.report.sentences import notes, sentence
from cleanroom.report.spend_words import SPEND
from cleanroom.report.standing_words import STANDING
from cleanroom.words.names import NAMES
from cleanroom.words.numbers import bounds, number
from cleanroom.words.parameters import CHOICES, PARAMETERS
from cleanroom.words.results import RESULTS
from tests.cleanroom.report.charts.samples import HOSTILE, SAMPLES, overlap, rehearsal


def fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_fill_in_the_same_values() -> None:
    for key, (english, chinese) in TABLE.items():
        assert fields(english) == fields(chinese), key
        assert english and chinese


def test_no_key_stands_in_two_tables() -> None:
    tables = (
        *(NAMES, RESULTS, CONSOLE, CONSENT, AMENDMENT, DATASET, CONCERNS, SPEND, PARAMETERS),
        *(STANDING, ACTS, COMMANDS, CHOICES, NUMBER_CONCERNS, ROW_CONCERNS),
        *(import_module(f"cleanroom.queries.{name}.words").MESSAGES for name in names()),
    )
    assert len(TABLE) == sum(map(len, tables))


def test_every_template_has_a_name() -> None:
    for name, template in templates().items():
        assert word(f"template.{name}") and word(f"template.{name}", "zh"), template


def test_whoever_says_a_thing_knows_the_words_of_every_question_and_loads_no_template() -> None:
    program = (
        "import sys; from cleanroom.report import word; word('asks.overlap');"
        "print('pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)  # noqa: PLW1510
    assert done.stdout == "False\n", done.stderr


def test_values_are_not_messages() -> None:
    assert word("left", rho="{rho.__class__}") == "{rho.__class__} left"


def test_languages_are_known_by_their_code() -> None:
    assert language("zh-CN") == language("zh_Hans") == "zh"
    with pytest.raises(InvalidInput):
        language("tlh")


def test_an_unknown_name_is_said_as_it_is() -> None:
    assert said("brand-new\x1b") == "brand-new␛"
    with pytest.raises(KeyError):
        word("brand-new")


CHINESE = (
    "加噪后不少于 201 人的分组才展示，以保证至少 50 人；噪声（离散高斯）由双方添加，"
    "故“其他”可能低于 1,000 人（95 %：900 至 1,100）。标签：ad、channel。"
)


def lines_on_a_screen(text: str, width: int) -> list[str]:
    screen = Screen(width=width, file=StringIO())
    table = Table(box=None, padding=0, show_header=False)
    table.add_row(text)
    screen.print(table)
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]  # type: ignore[attr-defined]


@pytest.mark.parametrize("lines", [wrap, lines_on_a_screen])
@pytest.mark.parametrize("width", range(14, 60))
def test_no_chinese_line_begins_or_ends_with_a_mark_that_does_not_stand_there(
    width: int, lines: Callable[[str, int], list[str]]
) -> None:
    found = lines(CHINESE, width)
    assert "".join("".join(found).split()) == "".join(CHINESE.split())
    for line in found:
        assert columns(line) <= width
        assert line[0] not in "，。；：、）”%" and line[-1] not in "（“", line
    words = re.findall(r"[A-Za-z0-9,]*[A-Za-z0-9]", " ".join(found))
    assert {"channel", "1,000", "1,100"} <= set(words), "a word or a number is whole"


@pytest.mark.parametrize("label", HOSTILE)
def test_inert_text_prints(label: str) -> None:
    assert inert(label).replace("\u200c", "").isprintable()
    assert inert(inert(label)) == inert(label)
    assert columns(shorten(label, 20)) <= 20


def test_short_text_keeps_both_ends() -> None:
    assert shorten("campaign-2026-spring-north", 16) == "campaign-2…north"
    assert shorten("春季新品上市推广活动北区", 13) == "春季新品…北区"
    assert shorten("short", 16) == "short"


def test_lines_break_at_words_and_never_inside_a_number() -> None:
    assert wrap("one two three", 7) == ["one two", "three"]
    lines = wrap("在双方共有的人中二十五岁最为突出占比144.8其余", 38)
    assert all(columns(line) <= 38 for line in lines) and any("144.8" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("people", 1234, "1,234"),
        ("reach", 8500.0, "8,500"),
        ("sums.spend", 51.5, "51.50"),
        ("sums.rate", 2, "2.00"),
        ("row_rate", 0.25, "25.00 %"),
        ("base_share", 0.125, "12.5 %"),
        ("tgi_index", 144.83, "144.8"),
        ("total.p_value", 0.00001, "< 0.0001"),
        ("total.difference", -0.0051, "-0.51 pp"),
        ("total.measures.spend.difference", 2.5, "2.50"),
        ("conversions", 88.25, "88.25"),
    ],
)
def test_numbers_have_their_units(name: str, value: float, text: str) -> None:
    assert number(name, value) == text


def test_no_interval_of_people_goes_below_nobody() -> None:
    assert bounds("people", [-12.3, 40.2]) == ("0", "40")
    assert bounds("sums.spend", [-12.3, 40.2])[0] == "-12.30"


def test_chinese_sentences_have_the_numbers() -> None:
    assert "11,535 人" in sentence(overlap(), "zh")
    assert "25-34" in sentence(SAMPLES["profile"](), "zh")
    for name, make in SAMPLES.items():
        result = make()
        assert result["template"] in templates(), name
        assert any(digit in sentence(result, "zh") for digit in "123456789")


def test_notes_explain_what_is_held_back() -> None:
    found = " ".join(notes(overlap(), "en"))
    assert "3 below the 74 noised people" in found and "under “other”" in found
    assert "rho 0.02 (epsilon" in found and "; rho 0.48 was left when" in found
    assert "nothing here is private" in notes(rehearsal(), "en")[0]
    unknown = overlap()
    unknown["suppressed"]["rules"] = [{"rule": "new\x1b[2J", "groups": 1, "needed": 9}]
    assert "new␛[2J" in " ".join(notes(unknown, "en"))
