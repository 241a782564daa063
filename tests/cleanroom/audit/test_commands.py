"""The auditor's commands, offline, on files."""

from __future__ import annotations

import csv
import io
import json

import pytest

from cleanroom.audit import bundle as bundles
from cleanroom.audit.proofs import Tree, check_entry, check_growth, prove_entry, prove_growth
from cleanroom.cli.audit import app
from cleanroom.cli.run import run
from cleanroom.errors import AuditFailure, InvalidInput
from protocols import merkle
from tests.cleanroom.audit.scene import RoomLog, key, whole_log


@pytest.fixture(scope="module")
def log() -> RoomLog:
    return whole_log()


@pytest.fixture
def file(log, tmp_path):
    path = tmp_path / "audit.json"
    bundles.save(log.bundle(), path)
    return path


def cleanroom_audit(*arguments: object) -> int:
    return run(app, [str(argument) for argument in arguments])


def test_verify_says_what_it_did_and_could_not(file, log, capsys):
    assert cleanroom_audit("verify", file, "--room", log.room, "--json") == 0
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert report["verified"] is True
    assert len(report["steps"]) == 12
    assert report["unchecked"]
    assert " 1. The agreement names the room" in printed.err


@pytest.mark.parametrize("command", ["verify", "questions", "report"])
def test_a_changed_log_ends_with_five_names_the_entry_and_tells_no_fact(file, command, capsys):
    text = file.read_text()
    document = json.loads(text)
    document["entries"][7]["time"] += 1
    file.write_text(json.dumps(document))
    assert cleanroom_audit(command, file) == 5
    printed = capsys.readouterr()
    assert "Entry 7: it is not the entry that the mediator signed" in printed.err
    assert not printed.out


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 5),
        ("[]", 2),
        ('{"format": "other"}', 2),
        ('{"format": "cleanroom/audit-bundle/1"}', 5),
        ('{"format": "cleanroom/audit-bundle/1", "format": "cleanroom/audit-bundle/1"}', 5),
        ("[" * 100_000, 5),
        ('{"format": NaN}', 5),
    ],
)
def test_what_is_no_bundle(tmp_path, text, code):
    path = tmp_path / "audit.json"
    path.write_text(text)
    assert cleanroom_audit("verify", path) == code


def test_a_list_of_hashes_that_is_not_the_entries_own_is_refused(file, capsys):
    document = json.loads(file.read_text())
    document["hashes"][3] = document["hashes"][2]
    file.write_text(json.dumps(document))
    assert cleanroom_audit("verify", file) == 5
    assert "list of hashes is not that of its entries" in capsys.readouterr().err


def test_a_missing_file_is_wrong_usage(tmp_path):
    assert cleanroom_audit("verify", tmp_path / "none.json") == 2


def test_a_name_that_is_given_twice_hides_nothing(file):
    file.write_text(file.read_text().replace('"outcome": "accepted"', '"outcome": "refused", "outcome": "accepted"', 1))  # fmt: skip  # noqa: E501
    assert cleanroom_audit("verify", file) == 5


def test_both_forms_of_a_bundle_are_one(file, log, tmp_path, capsys):
    lines = tmp_path / "audit.jsonl"
    bundles.save(bundles.load(file), lines)
    assert list(bundles.load(lines).leaves()) == log.leaves
    assert cleanroom_audit("verify", lines, "--demand", "acme", "--demand", "telco") == 0
    assert cleanroom_audit("verify", lines, "--demand", "eve") == 5
    assert "eve writes it with: cleanroom audit memory --out FILE" in capsys.readouterr().err


def shown(file, capsys, *options: object) -> list[dict[str, str]]:
    assert cleanroom_audit("show", file, "--json", *options) == 0
    return json.loads(capsys.readouterr().out)


def test_show_chooses(file, log, capsys):
    everything = shown(file, capsys)
    assert len(everything) == len(log.entries)
    assert {line["actor"] for line in shown(file, capsys, "--party", "eve")} == {"eve"}
    refused = shown(file, capsys, "--outcome", "refused")
    assert [line["rule"] for line in refused] == ["template-not-allowed"]
    jobs = shown(file, capsys, "--template", "overlap")
    assert {line["kind"] for line in jobs} >= {"job.submit", "job.approve", "job.release"}
    users = shown(file, capsys, "--dataset", "telco/users")
    assert len(users) == len(shown(file, capsys, "--dataset", log.platform.identity()))
    assert len(users) > len(jobs)
    assert shown(file, capsys, "--kind", "job.release")[0]["about"].startswith("2 released")
    assert len(shown(file, capsys, "--kind", "room")) == 3
    assert shown(file, capsys, "--dataset", "unknown") == []


def test_show_chooses_a_time(file, log, capsys):
    from cleanroom.audit.show import clock, moment

    middle = log.entries[20].time
    assert moment("2026-09-21T14:13:20Z") == 1_790_000_000_000
    assert clock(1_790_000_000_000) == "2026-09-21 14:13:20"
    since = "2026-09-21T14:13:25Z"
    late = shown(file, capsys, "--since", since)
    early = shown(file, capsys, "--until", since)
    assert len(early) + len(late) == len(log.entries)
    assert middle >= moment(since) - 1000
    assert cleanroom_audit("show", file, "--since", "yesterday") == 2


def test_csv_runs_in_no_spreadsheet(file, log, capsys):
    assert cleanroom_audit("show", file, "--csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == len(log.entries)
    assert rows[0]["kind"] == "room.propose"


def test_a_formula_in_a_refusal_is_text(log, capsys):
    from cleanroom.audit.show import as_csv, lines

    entry = json.loads(log.leaves[0]) | {"detail": "=1+1", "rule": None}
    assert "'=1+1" in as_csv(lines([json.dumps(entry).encode()]))


def test_table_prints(file, capsys):
    assert cleanroom_audit("show", file, "--kind", "job") == 0
    assert "job.receipt" in capsys.readouterr().out


def test_one_table_says_who_asked_what_and_who_agreed(file, log, capsys):
    assert cleanroom_audit("questions", file, "--json") == 0
    asked = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["state"]) for one in asked] == [
        ("overlap", "SUCCESS"), ("", "REFUSED"), ("for-them", "SUCCESS"), ("failing", "REFUSED"),
        ("again", "FAILED"), ("people", "SUCCESS"),
    ]  # fmt: skip
    first, unknown, _, refused, failed, _ = asked
    assert (first["by"], first["receiver"], first["template"]) == ("acme", "brand", "overlap")
    assert first["about"] == "acme/crm@1 telco/users@1"
    assert first["parameters"]["group_by"] == ["platform.age"]
    assert [one.split()[0] for one in first["approved"]] == ["acme", "telco"]
    assert first["terms"]["k"] == 10 and first["rho"] > 0
    assert (first["released"], first["held"], first["alone"]) == (2, 0, False)
    assert len(first["release"]) == 64
    assert (unknown["rule"], unknown["by"]) == ("template-not-allowed", "acme")
    # A person's refusal is an accepted statement, which a list of refused entries leaves out.
    assert (refused["ended_by"], refused["rule"]) == ("acme", "refused-by-person")
    assert refused["why"] == "no" and not refused["released"]
    assert failed["rule"] == "rows-invalid"


QUESTION_WORDS = {
    "en": ("approved", "Refused (refused-by-person) acme", "Group by: platform.age", "Brand",
           "groups released: 2, held back: 0", "discrete Gaussian"),
    "zh": ("批准", "已拒绝 (refused-by-person) acme", "分组标签：platform.age", "品牌方",
           "公布 2 个分组，未公布 0 个", "噪声", "离散高斯"),
}  # fmt: skip


@pytest.mark.parametrize("language", QUESTION_WORDS)
def test_the_table_of_questions_says_all_in_words_of_one_language(file, language, capsys):
    assert cleanroom_audit("questions", file, "--language", language) == 0
    told = capsys.readouterr().out
    for words in (*QUESTION_WORDS[language], "acme/crm@1"):
        assert words.casefold() in told.casefold(), words
    assert "{" not in told and "discrete-gaussian" not in told


def test_the_report_lists_a_persons_refusal_and_what_was_agreed(file, capsys):
    assert cleanroom_audit("report", file) == 0
    told = capsys.readouterr().out
    assert "Refused (refused-by-person) acme" in told  # among the questions
    assert "| refused-by-person: no |" in told  # and among the refusals
    assert "acme/crm@1 telco/users@1" in told
    assert "| approval of questions |" in told and "| privacy budget, rho |" in told


@pytest.mark.parametrize("form", ["md", "html"])
def test_the_report_has_chinese_headings(file, tmp_path, form):
    path = tmp_path / f"report.{form}"
    assert cleanroom_audit("report", file, "--out", path, "--language", "zh") == 0
    text = path.read_text()
    for words in (
        "审计报告",
        "隐私预算 rho",
        "未能检查的内容",
        "查询审批方式",
        "人群重合",
        "提问方",
    ):
        assert words in text
    for words in ("Audit report", "Refusals", "smallest group", "what was found"):
        assert words not in text


def test_prove_an_entry_and_check_it_elsewhere(file, log, tmp_path, capsys):
    proof = tmp_path / "proof.json"
    assert cleanroom_audit("prove", 17, "--bundle", file, "--out", proof) == 0
    assert cleanroom_audit("check", proof, "--key", log.agreement.mediator_key) == 0
    assert f"Entry 17 is in the log of {len(log.entries)}" in capsys.readouterr().out
    assert cleanroom_audit("check", proof, "--key", "00" * 32) == 5
    assert cleanroom_audit("prove", len(log.entries), "--bundle", file) == 2


def test_prove_growth_and_check_it_elsewhere(file, log, tmp_path, capsys):
    proof = tmp_path / "proof.json"
    assert cleanroom_audit("prove", "--from", 3, "--to", 20, "--bundle", file, "--out", proof) == 0
    assert cleanroom_audit("check", proof, "--key", log.agreement.mediator_key) == 0
    told = capsys.readouterr().out
    assert "The log of 20 entries begins with that of 3" in told
    assert log.agreement.identity() in told.replace("\n", "")
    assert cleanroom_audit("check", proof, "--key", "00" * 32) == 5
    assert cleanroom_audit("prove", "--from", 20, "--to", 3, "--bundle", file) == 2
    assert cleanroom_audit("prove", "--from", 3, "--bundle", file) == 2
    assert cleanroom_audit("prove", "--from", 3, "--to", 4000, "--bundle", file) == 2


def test_false_proofs_prove_nothing(log):
    honest = prove_entry(log.bundle(), 11)
    other = prove_entry(log.bundle(), 12)
    stranger = key("stranger").verifying_key.raw.hex()
    false = [
        {"entry": other["entry"]},
        {"entry": other["entry"], "index": 12},
        {"index": 12},
        {"proof": other["proof"]},
        {"proof": honest["proof"][:-1]},
        {"mediator_key": stranger},
        {"checkpoint": log.note(size=11)},
        {"proof": ["zz"]},
        {"format": "other"},
        {"entry": {**honest["entry"], "time": 0}},
    ]
    for change in false:
        with pytest.raises(AuditFailure):
            check_entry({**honest, **change})
    growth = prove_growth(log.bundle(), 5, 9)
    first, second = growth["first"], growth["second"]
    for change in (
        {"proof": []},
        {"first": second},
        {"second": {"size": 9}},
        {"second": None},
        {"mediator_key": stranger},
        {"room": "00" * 32},
        {"checkpoint": growth["checkpoint"].replace(log.agreement.identity(), "00" * 32)},
        {"first": {**first, "root": "00" * 32}},
        {"first": {**first, "proof": []}},
        {"first": {**first, "checkpoint": log.note(size=9)}},
        {"first": {**first, "size": 0, "root": "00" * 32, "proof": []}},
        {"format": "cleanroom/consistency-proof/1"},
    ):
        with pytest.raises(AuditFailure):
            check_growth({**growth, **change})
    for side in (first, second):
        name = "first" if side is first else "second"
        check_growth({**growth, name: {**side, "checkpoint": log.note(size=side["size"])}})


def test_two_hashes_of_ones_own_are_no_growth():
    """Roots that nobody signed can be made up with a proof that joins them."""
    tree = Tree([b"one", b"two", b"three"])
    made = {
        "format": "cleanroom/consistency-proof/2",
        "first": {"size": 2, "root": tree.root(2).hex(), "proof": tree.consistency(2, 3)},
        "second": {"size": 3, "root": tree.root(3).hex(), "proof": []},
        "proof": tree.consistency(2, 3),
    }
    with pytest.raises(AuditFailure, match="growth is not proven"):
        check_growth(made)


def test_an_entry_is_not_proven_from_a_bundle_that_was_changed(log):
    from dataclasses import replace

    leaves = log.leaves
    leaves[3], leaves[4] = leaves[4], leaves[3]
    with pytest.raises(AuditFailure, match="not proven"):
        prove_entry(replace(log.bundle(), leaves=lambda: leaves), 11)


def test_the_tree_is_the_log_s(log):
    tree = Tree(log.leaves)
    for size in range(1, tree.size + 1):
        assert tree.root(size) == merkle.root(merkle.leaf_hash(leaf) for leaf in log.leaves[:size])
    with pytest.raises(InvalidInput, match="entries"):
        tree.root(tree.size + 1)


def test_fork_proof_of_two_bundles(file, log, tmp_path, capsys):
    other = RoomLog()
    other.open()
    other.add("audit.read", "eve")
    theirs, note = tmp_path / "theirs.json", tmp_path / "theirs.txt"
    bundles.save(other.bundle(), theirs)
    note.write_text(other.note())
    evidence = tmp_path / "fork.json"
    assert cleanroom_audit("fork-proof", file, theirs, "--out", evidence) == 0
    assert cleanroom_audit("check", evidence) == 0
    assert "The mediator signed two logs" in capsys.readouterr().out
    assert cleanroom_audit("fork-proof", file, note) == 0
    capsys.readouterr()
    assert cleanroom_audit("fork-proof", note, note) == 2
    assert "The mediator's key is needed." in capsys.readouterr().err
    assert cleanroom_audit("fork-proof", file, note, "--key", "ab" * 32) == 2
    assert "logs of different mediators" in capsys.readouterr().err
    assert cleanroom_audit("check", file, "--key", "ab" * 32) == 2
    assert (
        f"is a bundle, not a proof. Run: cleanroom audit verify {file}" in capsys.readouterr().err
    )
    assert cleanroom_audit("fork-proof", file, file) == 2


@pytest.mark.parametrize("form", ["md", "html"])
def test_the_report_holds_what_a_compliance_file_needs(file, log, tmp_path, form):
    path = tmp_path / f"report.{form}"
    assert cleanroom_audit("report", file, "--out", path) == 0
    text = path.read_text()
    wanted = [
        log.room, log.agreement.digest(), "telco", "overlap", "Failed (rows-invalid)", "REFUSED",
        "template-not-allowed", "SUCCESS", "acme/crm@1", "0.025", "Activations",
    ]  # fmt: skip
    assert [part for part in wanted if part not in text] == []


def test_the_report_runs_no_markup(log, tmp_path):
    from cleanroom.audit.page import as_html, markdown
    from cleanroom.audit.verify import verify_bundle

    log = RoomLog()
    log.open()
    detail = "<img src=x onerror=alert(1)>|x ![y](//e.invalid) `z` &lt;"
    signed = log.sign("acme", "room.close", {})
    log.add("room.close", "acme", outcome="refused", rule="no", detail=detail, statement=signed)
    report = verify_bundle(log.bundle())
    report.unchecked.append(detail)
    shown = as_html(log.bundle(), report), markdown(log.bundle(), report)
    assert not any("<img" in text for text in shown)
    assert r"\|x !\[y\](//e.invalid) \`z\` &amp;lt;" in shown[1]
