"""Every template has a page, in English and Chinese, with all that a party needs to agree to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cleanroom.queries.registry import templates
from cleanroom.report import word
from cleanroom.words.leaks import LEAKS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"

TEMPLATE_PAGES = {"lookalike_quality": "lookalike"}
"""Templates that are described on another one's page."""


@pytest.mark.parametrize("name", sorted(templates()))
def test_template_has_a_page_and_a_row(name: str) -> None:
    page = DOCS / "reference" / "templates" / f"{TEMPLATE_PAGES.get(name, name)}.md"
    assert f"`{name}`" in page.read_text("utf-8")
    asked = (ROOT / "README.md").read_text("utf-8").split("## What can be asked")[1]
    rows = [line for line in asked.split("\n## ")[0].splitlines() if line.startswith("| `")]
    assert any(f"`{name}`" in row.split("|")[1] for row in rows)


@pytest.mark.parametrize("name", sorted(templates()))
def test_template_has_one_chinese_name_in_results_and_reference(name: str) -> None:
    assert templates()[name].chinese == word(f"template.{name}", "zh")


@pytest.mark.parametrize(
    "page", sorted((DOCS / "reference" / "templates").glob("*.md")), ids=lambda page: page.stem
)
def test_page_of_a_template_is_summed_up_in_chinese_with_every_reason_to_refuse(page: Path) -> None:
    english, _, chinese = page.read_text("utf-8").partition("\n## 中文\n")
    refused = english.partition("\n## Refused")[2].partition("\n## ")[0]
    rules = {rule for row in refused.splitlines() if row.startswith("| `")
             for rule in re.findall(r"`([a-z-]+)`", row.split("|")[1])}  # fmt: skip
    assert not {rule for rule in rules if f"`{rule}`" not in chinese}
    assert "灵敏度" in chinese or "隐私" in chinese


SECTIONS = (
    "Formula",
    "Parameters",
    "Example",
    "Privacy",
    "What the other side has to grant",
    "Who learns what",
)


@pytest.mark.parametrize("name", sorted(templates()))
def test_page_of_a_template_says_all_that_a_party_needs_to_agree(name: str) -> None:
    page = DOCS / "reference" / "templates" / f"{TEMPLATE_PAGES.get(name, name)}.md"
    found, text = templates()[name], page.read_text("utf-8").replace("\n### ", "\n")
    parts = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert not set(SECTIONS) - sections.keys()
    assert any(title.startswith("Refused") for title in sections)
    chinese = sections["中文"]
    assert found.chinese in text or name in TEMPLATE_PAGES
    assert re.search("sensitivity", sections["Privacy"], re.IGNORECASE)
    assert "`tests/cleanroom/queries/test_movement.py`" in sections["Privacy"]
    assert "```toml" in sections["Example"] and "```json" in sections["Example"]
    for field, model in found.Parameters.model_fields.items():
        written = model.alias or field
        assert re.search(rf"^\|[^|]*`{written}`[^|]*\|", sections["Parameters"], re.MULTILINE), (
            field
        )
        assert re.search(rf"`{written}\b", chinese), field
    for leak in found.leaks:
        cells = (leak.what, leak.brand, leak.platform, leak.mediator)
        assert f"| {' | '.join(cells)} |" in sections["Who learns what"]
        assert f"| {' | '.join(LEAKS[cell] for cell in cells)} |" in chinese
    assert "**对方须授权**" in chinese
    assert re.search(r"\*\*(公式|口径)\*\*", chinese)


def test_every_page_of_a_template_is_of_one() -> None:
    pages = {page.stem for page in (DOCS / "reference" / "templates").glob("*.md")}
    assert pages - {"README"} <= set(templates())
