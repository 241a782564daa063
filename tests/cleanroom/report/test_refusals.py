"""Every refusal that a console or a command can show has its words in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from cleanroom import errors
from cleanroom.words import refusals
from cleanroom.words.refusals import TABLE, if_known, in_words

ROOT = Path(errors.__file__).parent.parent
RAISED = {
    "InvalidInput", "PolicyRefusal", "BudgetExhausted", "NotFound", "Conflict", "Unreachable",
    "Unauthenticated", "refuse_unless", "TransportRefusal", "refuse",
}  # fmt: skip
"""What is raised in words for people; what breaks the protocol is told by its kind."""
SECOND = ("refuse_unless", "TransportRefusal")
MET = (
    "api/console", "cleanroom/agent", "cleanroom/audit", "cleanroom/cli", "cleanroom/demo",
    "cleanroom/documents", "cleanroom/ingest", "cleanroom/mediator", "cleanroom/queries",
    "cleanroom/report", "cleanroom/room",
)  # fmt: skip
ELSEWHERE = ("together.py",)
"""Parts that a program alone leads to."""
HAN = re.compile("[\u4e00-\u9fff]")


def written(node: ast.expr, module: object) -> str | None:
    """Return a message as its table has it, with {} for each value; None if made elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        pieces = (one.value if isinstance(one, ast.Constant) else "{}" for one in node.values)
        return "".join(map(str, pieces))
    if isinstance(node, ast.Name):
        found = getattr(module, node.id, None)
        return found if isinstance(found, str) else None
    return None


def raised() -> Iterator[tuple[str, str]]:
    """Yield every message with where it is raised."""
    for part in MET:
        for file in sorted((ROOT / part).rglob("*.py")):
            if {file.name, file.parent.name} & set(ELSEWHERE):
                continue
            place = file.relative_to(ROOT)
            calls = [node for node in ast.walk(ast.parse(file.read_text())) if called(node)]
            if calls:
                module = import_module(".".join(place.with_suffix("").parts))
            for call in calls:
                at = int(called(call) in SECOND)
                told = [*call.args[at : at + 1]] + [
                    one.value for one in call.keywords if one.arg in ("remedy", "sentence")
                ]
                for node in told:
                    text = written(node, module)
                    if text is not None and re.search("[A-Za-z]{2}", text.replace("{}", "")):
                        yield text, f"{place}:{node.lineno}"


def called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    name = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
    return name if name in RAISED else ""


def test_every_message_that_a_console_or_a_command_can_show_has_chinese_words() -> None:
    found = dict(raised())
    assert len(found) > 500
    missing = {text: place for text, place in found.items() if text not in TABLE}
    assert not missing, "write them into cleanroom/words/refusals"
    titles = {
        one.title
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, errors.CleanroomError)
    }
    assert titles <= set(TABLE)
    stale = {text for part in PARTS for text in part.REFUSALS} - set(found)
    assert not stale, "nobody raises them any more"


PARTS = [
    getattr(refusals, name)
    for name in ("agent", "commands", "console", "mediator", "questions", "room")
]


def test_a_translation_keeps_every_value_and_says_something() -> None:
    for english, chinese in TABLE.items():
        is_place = chinese == english.replace(": ", "：").removeprefix("Value error, ")
        assert HAN.search(chinese) or is_place, english
        values = [f"Value{n}" for n in range(english.count("{}"))]
        text = english
        for value in values:
            text = text.replace("{}", value, 1)
        told = in_words(text, "zh")
        assert all(told.count(value) == 1 for value in values), (english, told)
        assert not told.startswith("未能完成") and "{" not in told.replace("{ role", ""), told
        assert in_words(text, "en") == text


def test_what_nobody_knows_is_shown_as_the_original_and_a_persons_words_as_they_are() -> None:
    assert in_words("nobody wrote this", "zh") == "未能完成。原文：nobody wrote this"
    assert if_known("not this campaign", "zh") == "not this campaign"
    assert in_words("请重新载入页面", "zh") == "请重新载入页面"
    told = in_words("The room is off. Give --room.", "zh")
    assert told == "未能完成。原文：The room is off. Give --room."
    assert in_words("You have not signed a room. Give --room.", "zh") == (
        "您尚未签署任何房间。请给出 --room。"
    )
    assert in_words("auditor is not a brand", "zh") == "审计方 不是品牌方"
    long = ": " * 50_000
    assert in_words(long, "zh").endswith(long)
