"""What a verification checked, found and left open is said in Chinese as well."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from cleanroom.audit import show, verify
from cleanroom.audit.chinese import SAYS, in_words
from tests.cleanroom.audit.test_commands import cleanroom_audit, file, log  # noqa: F401 (fixtures)
from tests.cleanroom.report.test_refusals import written

HAN = re.compile("[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[a-z]{3,} [a-z]{2,} [a-z]{3,}")


def test_every_step_and_every_limit_of_the_verifier_has_its_row() -> None:
    found = set()
    for node in ast.walk(ast.parse(Path(verify.__file__).read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("step", "append"):
            text = written(node.args[0], verify)
            found.update(re.split(r"(?<=\.) (?=[A-Z{])", text) if text else ())
    assert len(found) > 20 and any("{}" in text for text in found)
    assert {text for text in found if re.search("[A-Za-z]", text)} <= set(SAYS)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("ended: 1 REFUSED, 4 SUCCESS; running: 0", "已结束：1 已拒绝，4 已完成；进行中：0"),
        (
            "acme/telco: 0.05 of 0.3 rho spent, acme/media: 0 of 0.3 rho spent",
            "acme/telco：已用 0.05，共 0.3 rho，acme/media：已用 0，共 0.3 rho",
        ),
        (
            "a/b: 0.1 of 0.3 rho spent in period 2, 0.2 of 0.9 in all",
            "a/b：第 2 周期已用 0.1，共 0.3 rho，各周期合计已用 0.2，共 0.9",
        ),
        ("weekly (ab12cd34): 3 of 10 runs, missed: 4, 5, stopped",
         "weekly (ab12cd34)：10 次中已执行 3 次，错过：4，5，已终止"),
        ("1 datasets, 2 answers are over and not yet signed as deleted.",
         "1 个数据集，2 个结果 已到期，尚未签名确认删除。"),
        ("grant 1: 1,200 people asked about, as both sides counted",
         "授权 1：查询了 1,200 人，双方计数一致"),
        ("datasets 3, alignments 1, messages 0, answers 0; the latest within 54 hours of its end",
         "数据集 3，对齐 1，传输内容 0，结果 0；最迟于到期后 54 小时内"),
        ("none", "无"),
    ],
)  # fmt: skip
def test_what_was_found_keeps_its_numbers(english: str, chinese: str) -> None:
    assert in_words(english, "zh") == chinese
    assert in_words(english, "en") == english


def test_a_report_and_a_verification_are_chinese_throughout(
    file,  # noqa: F811
    tmp_path,
    capsys,
) -> None:
    path = tmp_path / "report.md"
    assert cleanroom_audit("report", file, "--out", path, "--language", "zh") == 0
    page = path.read_text("utf-8")
    checked = page.partition("## 验证")[2]
    assert HAN.search(checked) and not ENGLISH.search(checked.replace("cleanroom audit memory", ""))
    agreement = page.partition("## 成员")[0]
    assert not re.search("manual|discrete-gaussian|grants|audience", agreement)
    assert cleanroom_audit("verify", file, "--language", "zh") == 0
    told = "".join(capsys.readouterr())
    assert "的日志通过验证" in told and "未检查：" in told
    assert not ENGLISH.search(told.replace("cleanroom audit memory", ""))


def test_what_an_entry_is_about_is_said_in_chinese(log) -> None:  # noqa: F811
    leaves = list(log.bundle().leaves())
    english = {line.number: line.about for line in show.lines(leaves) if line.about}
    chinese = {line.number: line.about for line in show.lines(leaves, language="zh")}
    entries = {one: json.loads(leaves[one]) for one in english}
    kinds = {one: entry["kind"] for one, entry in entries.items() if not entry["detail"]}
    silent = {"job.step", "result.read", "job.refuse"}  # names of parts, a person's own words
    assert {"job.submit", "job.release", "alignment.join"} <= set(kinds.values())
    for one, kind in kinds.items():
        assert kind in silent or HAN.search(chinese[one]), (kind, chinese[one])
