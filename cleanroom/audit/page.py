"""Write one page about a room for a compliance file: as Markdown or as HTML.

The page is made from a bundle that was verified in the same call, and says so.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cleanroom.audit import processing
from cleanroom.audit.amended import amendments, in_force
from cleanroom.audit.bundle import Bundle
from cleanroom.audit.chinese import in_words, term
from cleanroom.audit.questions import HEADER, Asked, questions, row
from cleanroom.audit.show import Line, clock, lines
from cleanroom.audit.verify import Report
from cleanroom.documents.agreement import DatasetTerms, Grant, Policy
from cleanroom.privacy.accounting import epsilon_of
from cleanroom.report import Language, said, word
from cleanroom.report.changes import differing_fields
from cleanroom.report.consent import kept_for
from cleanroom.room import periods
from cleanroom.room.amendments import joining, leaving
from protocols.signing import VerifyingKey

Cells = Sequence[object]

CHINESE: Final = {
    "Audit report": "审计报告", "Amendments": "协议修订", "number": "版本",
    "None.": "无。", "Agreement": "协议", "Members": "成员",
    "Datasets": "数据集", "Alignments": "对齐", "Questions": "查询", "Activations": "人群激活",
    "Refusals": "拒绝", "Privacy budget": "隐私预算", "Verification": "验证",
    "What could not be checked": "未能检查的内容",
    "term": "条款", "value": "内容", "name": "名称", "joined": "加入时间", "left": "退出时间",
    "role": "角色", "key": "密钥", "when": "时间",
    "who": "主体", "what": "事项", "why": "原因", "rule": "规则", "entry": "条目", "figure": "项目",
    "dataset": "数据集", "datasets": "数据集", "step": "步骤", "what was checked": "检查内容",
    "what was found": "检查结果", "room": "房间", "rehearsal": "演练", "yes": "是", "no": "否",
    "none": "无", "agreement, SHA-256": "协议 SHA-256", "templates": "模板",
    "smallest group": "最小分组", "noise": "噪声", "privacy budget, rho": "隐私预算 rho",
    "with the first agreement": "随首版协议",
    "approval of questions": "查询审批方式", "grants": "授权", "expires": "到期时间",
    "purposes": "用途", "kept for": "保存期限",
    "alignments at most": "对齐次数上限", "alignments at most, in a period": "每周期对齐次数上限",
    "agents align new versions": "新版本由代理自动对齐",
    "asked": "已提交", "matched rows read": "已读取匹配行",
    "granted, rho per pair of parties": "总额 rho（每对参与方）",
    "granted for a period, rho per pair": "每周期额度 rho（每对参与方）",
    "granted for all periods, rho": "所有周期总额 rho",
    "at most in any 365 days, epsilon": "任意 365 天内上限 epsilon",
    "charged in the period": "该周期内计费 rho：",
    "spent by all jobs, rho": "全部查询已用 rho",
    "spent, epsilon at delta": "已用 epsilon，delta =",
}  # fmt: skip
"""Headings and terms of the page."""

VERBS: Final = {
    "create": "登记", "seal": "完成上传", "withdraw": "撤回", "erase": "删除个人",
    "propose": "发起", "join": "参与", "finish": "完成", "fail": "失败",
}  # fmt: skip
"""What happens to datasets and alignments."""


def _say(language: Language, text: str) -> str:
    return CHINESE[text] if language == "zh" else text


@dataclass(frozen=True)
class Section:
    """A heading and a table below it, or one sentence where there is nothing to list."""

    title: str
    header: Cells
    rows: Sequence[Cells]
    empty: str = "None."


def sections(bundle: Bundle, report: Report, language: Language = "en") -> list[Section]:
    """Return what the page says, in order, with headings and terms in a language."""

    def say(text: str) -> str:
        return _say(language, text)

    def section(title: str, header: Sequence[str], rows: Sequence[Cells]) -> Section:
        heads = [say(one) if one else "" for one in header]
        return Section(say(title), heads, rows, say("None."))

    agreement = in_force(bundle)
    policy = agreement.policy
    entries = [json.loads(leaf) for leaf in bundle.leaves()]
    shown = list(lines(bundle.leaves(), language=language))
    asked = questions(bundle.leaves())
    rules = [
        (say("room"), bundle.room),
        (say("name"), agreement.name),
        (say("rehearsal"), say("yes" if agreement.rehearsal else "no")),
        (say("agreement, SHA-256"), agreement.digest()),
        (
            say("templates"),
            ", ".join(said(f"template.{name}", language) for name in agreement.templates),
        ),
        (say("smallest group"), policy.k_min),
        (
            say("noise"),
            say("none") if policy.noise == "none" else said(f"noise.{policy.noise}", language),
        ),
        (say("privacy budget, rho"), f"{policy.rho_budget:g}"),
        (say("approval of questions"), word(f"consent.approval.{policy.approval}", language)),
        (
            say("alignments at most, in a period" if policy.period else "alignments at most"),
            policy.alignments_max,
        ),
        (say("agents align new versions"), say("yes" if policy.realign else "no")),
        (
            say("grants"),
            "; ".join(_grant(one, language) for one in agreement.grants) or say("none"),
        ),
        (say("datasets"), "; ".join(_terms(one, language) for one in agreement.datasets)),
        (say("expires"), clock(policy.expires * 1000)),
        (say("purposes"), ", ".join(agreement.purposes) or say("none")),
        (say("kept for"), kept_for(policy, language) or say("none")),
    ]
    changed = list(_changed(bundle))
    return [
        section("Agreement", ("term", "value"), rules),
        *(
            [section("Amendments", ("when", "number", "agreement, SHA-256", "what"), changed)]
            if changed
            else []
        ),
        section(
            "Members",
            ("name", "role", "key", "joined", "left"),
            list(_members(bundle, say("with the first agreement"), language)),
        ),
        section("Datasets", ("when", "who", "what", "dataset"), _about(shown, "dataset", language)),
        Section(
            processing.TITLE[language],
            processing.HEADER[language],
            processing.rows(agreement, bundle.leaves(), language),
            say("None."),
        ),
        section(
            "Alignments", ("when", "who", "what", "datasets"), _about(shown, "alignment", language)
        ),
        Section(say("Questions"), HEADER[language], [row(one, language) for one in asked]),
        section("Activations", ("when", "who", "what", "rule"), _activations(entries, language)),
        section(
            "Refusals",
            ("when", "entry", "who", "what", "why"),
            [
                (x.time, x.number, x.actor, x.kind, x.rule or x.about)
                for x in shown
                if x.outcome == "refused" or x.kind == "job.refuse"
            ],
        ),
        section("Privacy budget", ("figure", "value"), _budget(policy, asked, language)),
        section(
            "Verification",
            ("step", "what was checked", "what was found"),
            [
                (step.number, in_words(step.title, language), in_words(step.found, language))
                for step in report.steps
            ],
        ),
        section(
            "What could not be checked",
            ("",),
            [(in_words(sentence, language),) for sentence in report.unchecked],
        ),
    ]


def _members(bundle: Bundle, founded: str, language: Language) -> Iterator[Cells]:
    """List everybody who is or was a member, with the times of the amendments that moved them."""
    before, cards = bundle.agreement, {card.name: card for card in bundle.agreement.members}
    joined, left = dict[str, str](), dict[str, str]()
    for when, agreement in amendments(bundle):
        for card in joining(agreement, before):
            cards[card.name], joined[card.name] = card, clock(when)
        if (gone := leaving(agreement, before)) is not None:
            left[gone.name] = clock(when)
        before = agreement
    for name, card in cards.items():
        times = joined.get(name, founded), left.get(name, "")
        yield name, said(card.role, language), _fingerprint(card.signing_key), *times


def _changed(bundle: Bundle) -> Iterator[Cells]:
    """List the amendments that took effect, each with the fields that it changed."""
    before = bundle.agreement
    for when, agreement in amendments(bundle):
        fields = (f"{one.name}: {one.text}" for one in differing_fields(before, agreement))
        yield clock(when), agreement.number, agreement.digest(), "; ".join(fields)
        before = agreement


def _grant(grant: Grant, language: Language) -> str:
    if language == "zh":
        purposes = f"（用途：{'、'.join(grant.purposes)}）" if grant.purposes else ""
        return f"{grant.party} 授权{term(grant.kind, language)}{purposes}"
    purposes = f" for {', '.join(grant.purposes)}" if grant.purposes else ""
    return f"{grant.party} grants {grant.kind}{purposes}"


def _terms(terms: DatasetTerms, language: Language) -> str:
    columns = ", ".join([*terms.labels, *(measure.name for measure in terms.measures)])
    name = f"{terms.party}/{terms.name}"
    if language == "zh":
        return f"{name}（{term(terms.kind, language)}）：{columns or '无列'}"
    return f"{name} ({terms.kind}): {columns or 'no columns'}"


def _fingerprint(key: str) -> str:
    return VerifyingKey(bytes.fromhex(key)).fingerprint()


def _about(shown: Sequence[Line], noun: str, language: Language) -> list[Cells]:
    found = [x for x in shown if x.kind.startswith(f"{noun}.") and x.outcome == "accepted"]
    done = ((x, x.kind.partition(".")[2]) for x in found)
    return [
        (x.time, x.actor, VERBS[what] if language == "zh" else what, x.datasets) for x, what in done
    ]


def _activations(entries: Sequence[dict[str, Any]], language: Language) -> list[Cells]:
    """List the jobs that tell the platform which rows matched, and each reading of them."""
    found: list[Cells] = []
    for entry in entries:
        facts = entry["facts"]
        when = clock(entry["time"])
        if entry["kind"] == "job.submit" and facts.get("activates") is True:
            found.append((when, entry["actor"], _say(language, "asked"), entry["rule"] or ""))
        if entry["kind"] == "result.read" and facts.get("part") == "matched":
            found.append((when, entry["actor"], _say(language, "matched rows read"), ""))
    return found


def _periods(policy: Policy, asked: Sequence[Asked], language: Language) -> Iterator[Cells]:
    """Say what all periods may spend, and what was charged in each; nothing without periods."""
    if policy.rho_lifetime is None:
        return
    yield (_say(language, "granted for all periods, rho"), f"{policy.rho_lifetime:g}")
    year = epsilon_of(periods.most_within(policy, periods.YEAR), policy.delta)
    yield (_say(language, "at most in any 365 days, epsilon"), f"{year:.3g}")
    charged: dict[int, float] = {}
    for one in asked:
        if one.period is not None:
            charged[one.period] = charged.get(one.period, 0.0) + one.spent
    for number, rho in sorted(charged.items()):
        first, end = periods.bounds(policy, number) or (0, 0)
        when = f"{clock(first * 1000)} – {clock(end * 1000)}"
        yield (f"{_say(language, 'charged in the period')} {when}", f"{rho:g}")


def _budget(policy: Policy, asked: Sequence[Asked], language: Language) -> list[Cells]:
    spent = sum(one.spent for one in asked)
    once = policy.period is None
    granted = "granted, rho per pair of parties" if once else "granted for a period, rho per pair"
    return [
        (_say(language, granted), f"{policy.rho_budget:g}"),
        *_periods(policy, asked, language),
        (_say(language, "spent by all jobs, rho"), f"{spent:g}"),
        (
            f"{_say(language, 'spent, epsilon at delta')} {policy.delta:g}",
            f"{epsilon_of(spent, policy.delta):.3g}",
        ),
    ]


def markdown(bundle: Bundle, report: Report, language: Language = "en") -> str:
    """Return the page as Markdown."""
    parts = [
        f"# {_titled(language, _escape(bundle.agreement.name))}",
        _lead(report, language),
    ]
    for section in sections(bundle, report, language):
        parts.append(f"## {section.title}")
        if not section.rows:
            parts.append(section.empty)
            continue
        table = [section.header, ["---"] * len(section.header), *section.rows]
        parts.append("\n".join(f"| {' | '.join(map(_escape, row))} |" for row in table))
    return "\n\n".join(parts) + "\n"


def as_html(bundle: Bundle, report: Report, language: Language = "en") -> str:
    """Return the page as one HTML document without scripts or outside parts."""
    name = _titled(language, html.escape(bundle.agreement.name))
    parts = [f"<h1>{name}</h1>", f"<p>{html.escape(_lead(report, language))}</p>"]
    for section in sections(bundle, report, language):
        parts.append(f"<h2>{html.escape(section.title)}</h2>")
        if not section.rows:
            parts.append(f"<p>{section.empty}</p>")
            continue
        rows = [_html_row("th", section.header), *(_html_row("td", row) for row in section.rows)]
        parts.append(f"<table>{''.join(rows)}</table>")
    style = (
        "body{font:15px/1.4 system-ui,sans-serif;margin:2rem;max-width:80rem}"
        "table{border-collapse:collapse;width:100%}"
        "th,td{border:1px solid #bbb;padding:.25rem .5rem;text-align:left;"
        "overflow-wrap:anywhere;vertical-align:top}"
    )
    spoken = "zh-Hans" if language == "zh" else "en"
    return (
        f'<!doctype html>\n<html lang="{spoken}"><head><meta charset="utf-8">'
        f"<title>{name}</title><style>{style}</style></head>\n"
        f"<body>{chr(10).join(parts)}</body></html>\n"
    )


def _titled(language: Language, name: str) -> str:
    return f"{_say(language, 'Audit report')}{word('colon', language)}{name}"


def _lead(report: Report, language: Language) -> str:
    if language == "zh":
        return (
            f"房间 {report.room} 的日志共有 {report.size} 条，根哈希为 {report.root}。"
            f"已通过下列 {len(report.steps)} 步验证。"
        )
    return (
        f"The log of room {report.room} has {report.size} entries under root {report.root}. "
        f"It verified in {len(report.steps)} steps, listed below."
    )


_PLAIN: Final = str.maketrans(
    {**{mark: f"\\{mark}" for mark in "\\|[]`"}, "\n": " ", "<": "&lt;", "&": "&amp;"}
)


def _escape(cell: object) -> str:
    """Keep a cell from ending its column, and from a tag, a link or a picture of elsewhere."""
    return str(cell).translate(_PLAIN)


def _html_row(tag: str, row: Cells) -> str:
    cells = "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in row)
    return f"<tr>{cells}</tr>"
