"""Say what a room keeps of people, since when, why and until when, and what was deleted.

The record of processing that a privacy officer keeps: GDPR article 30; PIPL articles 47 and 56, and
China's measures for compliance audits of personal information (2025).  All of it follows from the
log and the agreement.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cleanroom.audit.chinese import term
from cleanroom.audit.history.jobs import ENDINGS
from cleanroom.audit.show import clock
from cleanroom.documents.agreement import Agreement
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.job import JobDocument
from cleanroom.documents.statement import subject
from cleanroom.report import Language, inert, said, word
from cleanroom.room.amendments import LEFT_BEHIND
from cleanroom.room.retention import TERMS, WHY, end
from cleanroom.room.states import ATTEMPTS

HEADER = {
    "en": ("controller", "what is kept", "since", "purpose", "until", "deleted"),
    "zh": ("个人信息处理者", "保存内容", "起始时间", "处理目的", "保存期限", "删除情况"),
}
TITLE = {
    "en": "Record of processing (GDPR article 30, PIPL articles 47 and 56)",
    "zh": "个人信息处理活动记录（GDPR 第三十条，《个人信息保护法》第四十七、五十六条）",
}
_UNTIL = {
    "en": "its owner takes it back; the room ends {end}",
    "zh": "所有者撤回为止；房间于 {end} 到期",
}
_FOREVER = {"en": "no term is agreed; the room ends {end}", "zh": "未约定期限；房间于 {end} 到期"}
_STATES = {
    "en": {
        "": "kept",
        "withdrawn": "taken back",
        "erased": "people asked to be erased",
        LEFT_BEHIND: "its owner left the room",
        WHY: "kept as long as agreed",
        "failed": "it did not succeed: deleted when it ended",
    },
    "zh": {
        "": "保存中",
        "withdrawn": "已撤回",
        "erased": "应个人请求删除",
        LEFT_BEHIND: "所有者已退出房间",
        WHY: "约定期限届满",
        "failed": "未成功：结束时即删除",
    },
}
_SIGNED = {"en": "{when}, signed by the mediator", "zh": "{when}，中介方已签名确认"}
_UNSIGNED = {"en": "not yet signed as deleted", "zh": "尚未签名确认删除"}
_NOUNS = {
    "en": {
        "alignments": "alignment of {name}: tokens and secrets",
        "messages": "question {name}: what travelled for it",
        "answers": "question {name}: the answer",
    },
    "zh": {
        "alignments": "对齐 {name}：令牌与密钥",
        "messages": "查询 {name}：往来内容",
        "answers": "查询 {name}：结果",
    },
}


@dataclass
class Kept:
    """What the log knows of one thing; times are Unix milliseconds, 0 for never."""

    noun: str
    party: str
    what: str
    since: int
    purpose: str | None = None
    why: str = ""
    deleted: int = 0


class _Record:
    """Take the entries of a verified log in order; ``found`` is by noun and identifier."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self.found: dict[tuple[str, str], Kept] = {}
        self._names: dict[str, str] = {}
        self._waiting: list[str] = []
        self._signed = 0

    def take(self, entry: dict[str, Any]) -> None:
        signed = entry["statement"]
        body = signed["statement"]["body"] if signed else entry["facts"]
        kind, when = entry["kind"], entry["time"]
        if kind == "dataset.create":
            manifest = Manifest.from_json(body["manifest"])
            name = f"{manifest.name}@{manifest.version}"
            self._names[manifest.identity()] = f"{manifest.party}/{name}"
            what = _what(manifest, self._language)
            self._add("datasets", manifest.identity(), manifest.party, what, when)
        elif kind == "alignment.propose":
            self._align(AlignmentDocument.from_json(body["alignment"]), when)
        elif kind in ("amendment.propose", "amendment.sign"):
            self._amend(kind, body)
        elif kind == "job.submit" and entry["facts"].get("repeated") is not True:
            self._ask(JobDocument.from_json(body["job"]), when)
        else:
            for key, why in _ends(kind, body, subject(body, entry["facts"])):
                self.found[key].why = self.found[key].why or why
            for noun in TERMS if kind == "data.delete" else ():
                for one in body.get(noun, ()):
                    self.found[noun, one].deleted = when

    def _amend(self, kind: str, body: dict[str, Any]) -> None:
        """Take the data of a member back whom an amendment took away with its last signature."""
        if kind == "amendment.propose":
            self._waiting, self._signed = [one["name"] for one in body["agreement"]["members"]], 0
        self._signed += 1
        if self._signed < len(self._waiting):
            return
        for (noun, _), one in self.found.items():
            if noun == "datasets" and one.party not in self._waiting and not one.why:
                one.why = LEFT_BEHIND

    def _add(
        self, noun: str, identity: str, party: str, what: str, when: int, purpose: str | None = None
    ) -> None:
        self.found[noun, identity] = Kept(noun, party, what, when, purpose)

    def _align(self, document: AlignmentDocument, when: int) -> None:
        named = (*document.brand_datasets, *document.platform_datasets)
        name = " × ".join(self._names[one] for one in named)
        parties = f"{document.brand}, {document.platform}"
        self._add("alignments", document.identity(), parties, name, when)

    def _ask(self, job: JobDocument, when: int) -> None:
        owners = (self._names[one].partition("/")[0] for one in job.datasets)
        parties = ", ".join(dict.fromkeys(owners))
        name = f"{inert(job.name)} ({job.template})"
        for noun in ("messages", "answers"):
            self._add(noun, job.identity(), parties, name, when, job.purpose)


def _ends(kind: str, body: dict[str, Any], job: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield what an entry ends, and why."""
    if kind == "dataset.withdraw":
        yield ("datasets", body["dataset"]), "withdrawn"
    elif kind == "dataset.erase":
        yield from ((("datasets", one), "erased") for one in body["datasets"])
    elif kind == "data.expire":
        yield from (((noun, one), WHY) for noun in TERMS for one in body.get(noun, ()))
    elif kind == "alignment.fail" and body["attempt"] >= ATTEMPTS:
        yield ("alignments", body["alignment"]), "failed"
    elif kind in ENDINGS:
        yield from (((noun, job), "failed") for noun in ("messages", "answers"))


def kept(leaves: Iterable[bytes], language: Language = "en") -> list[Kept]:
    """Return all that a verified log says is, or was, kept, in its order."""
    record = _Record(language)
    for leaf in leaves:
        entry = json.loads(leaf)
        if entry["outcome"] == "accepted":
            record.take(entry)
    return list(record.found.values())


def rows(
    agreement: Agreement, leaves: Iterable[bytes], language: Language
) -> list[tuple[str, ...]]:
    """Return the record's lines: datasets first, then what was made of them."""
    order = list(TERMS)
    found = sorted(kept(leaves, language), key=lambda one: order.index(one.noun))
    return [
        (
            one.party,
            _NOUNS[language].get(one.noun, "{name}").format(name=one.what),
            clock(one.since),
            _purpose(agreement, one, language),
            "" if one.why else _until(agreement, one, language),
            _deleted(one, language),
        )
        for one in found
    ]


def _what(manifest: Manifest, language: Language) -> str:
    columns = [column.name for column in manifest.labels]
    columns += [measure.name for measure in manifest.measures]
    about, name = ", ".join([*manifest.profiles, *columns]), f"{manifest.name}@{manifest.version}"
    if language == "zh":
        return f"{name}（{term(manifest.kind, language)}）：{about}"
    return f"{name} ({manifest.kind}): {about}"


def _until(agreement: Agreement, one: Kept, language: Language) -> str:
    over = end(agreement.policy, one.noun, one.since // 1000)
    if over is not None:
        return clock(over * 1000)
    text = _UNTIL if one.noun == "datasets" else _FOREVER
    return text[language].format(end=clock(agreement.policy.expires * 1000))


def _purpose(agreement: Agreement, one: Kept, language: Language) -> str:
    """Return what something is kept for: what was said of a question, or all that is agreed."""
    if one.purpose is not None:
        return one.purpose
    if agreement.purposes:
        return ", ".join(agreement.purposes)
    asked = ", ".join(said(f"template.{name}", language) for name in agreement.templates)
    granted = [
        f"{term(grant.kind, language)}{word('colon', language)}{', '.join(grant.purposes)}"
        for grant in agreement.grants
        if grant.party in one.party.split(", ") and grant.purposes
    ]
    return "; ".join([asked, *granted])


def _deleted(one: Kept, language: Language) -> str:
    state = _STATES[language][one.why]
    if one.why in ("", "failed"):
        return state
    signed = _SIGNED[language].format(when=clock(one.deleted))
    return f"{state}{word('colon', language)}{signed if one.deleted else _UNSIGNED[language]}"
