"""What a command with a language says while it works has its words in Chinese."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module

import pytest

from cleanroom.report import step
from tests.cleanroom.report.test_refusals import ROOT, written

TELL = ("cli/simulate", "cli/dataset", "workbench/rehearse", "workbench/look", "agent/asking")
ELSEWHERE = re.compile(r"\{\}(: (\{\}\.?|version \{\}))?")
"""What is made of words that stand in a table of their own; versions are told by no language."""


def told() -> Iterator[str]:
    """Yield every text that is told, with {} for each value."""
    for name in TELL:
        module = import_module(f"cleanroom.{name.replace('/', '.')}")
        for node in ast.walk(ast.parse((ROOT / "cleanroom" / f"{name}.py").read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("say", "tell"):
                text = written(node.args[0], module)
                if text is not None and not ELSEWHERE.fullmatch(text):
                    yield text


def test_every_step_has_chinese_words() -> None:
    found = set(told())
    assert len(found) > 12
    for text in found:
        shown = step(text.replace("{}", "x"), "zh")
        assert re.search("[\u4e00-\u9fff]", shown), text
        assert step(text, "en") == text


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("reach: SUCCESS", "reach：已完成"),
        ("by-age: AWAITING_DECRYPTION", "by-age：待解密"),
        ("加密: 1,024 of 2,016", "加密：1,024/2,016"),
        ("crm: usable rows 2,000, people 1,990", "crm：可用行 2,000，人数 1,990"),
        ("a: about x/y version 2 and y/z version 1.", "a：涉及 x/y 第 2 版 与 y/z 第 1 版。"),
        ("label age in the terms of telco's users", "telco 的数据集 users 的条款中有标签 age"),
        ("noise = \"none\"", "noise = \"none\""),
    ],
)  # fmt: skip
def test_what_is_filled_in_stays(english: str, chinese: str) -> None:
    assert step(english, "zh") == chinese
