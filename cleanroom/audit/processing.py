"""Say what a room keeps of people, since when, why and until when, and what was deleted.

The record of processing that a privacy officer keeps: GDPR article 30; PIPL articles 47 and 56, and
China's measures for compliance audits of personal information (2025).  All of it follows from the
log and the agreement.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from cleanroom.audit.show import clock
from cleanroom.documents.agreement import Agreement
from cleanroom.documents.dataset import Manifest
from cleanroom.report import Language, said

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
_STATES = {
    "en": {"": "kept", "withdrawn": "taken back", "erased": "people asked to be erased"},
    "zh": {"": "保存中", "withdrawn": "已撤回", "erased": "应个人请求删除"},
}
_SIGNED = {"en": "{when}, signed by the mediator", "zh": "{when}，中介方已签名确认"}
_UNSIGNED = {"en": "not signed as deleted yet", "zh": "尚未签名确认删除"}


@dataclass
class Kept:
    """One dataset version as the log knows it; times are Unix milliseconds, 0 for never."""

    manifest: Manifest
    since: int
    why: str = ""
    deleted: int = 0


def kept(leaves: Iterable[bytes]) -> list[Kept]:
    """Return every dataset version of a verified log, in its order."""
    found: dict[str, Kept] = {}
    for leaf in leaves:
        entry = json.loads(leaf)
        if entry["outcome"] != "accepted":
            continue
        signed = entry["statement"]
        body = signed["statement"]["body"] if signed else entry["facts"]
        kind, when = entry["kind"], entry["time"]
        if kind == "dataset.create":
            manifest = Manifest.from_json(body["manifest"])
            found[manifest.identity()] = Kept(manifest, when)
        elif kind == "dataset.withdraw":
            found[body["dataset"]].why = "withdrawn"
        elif kind == "dataset.erase":
            for one in body["datasets"]:
                found[one].why = "erased"
        elif kind == "data.delete":
            for one in body["datasets"]:
                found[one].deleted = when
    return list(found.values())


def rows(
    agreement: Agreement, leaves: Iterable[bytes], language: Language
) -> list[tuple[str, ...]]:
    """Return the record's lines, one for each dataset version."""
    end = clock(agreement.policy.expires * 1000)
    return [
        (
            one.manifest.party,
            _what(one.manifest),
            clock(one.since),
            _purpose(agreement, one.manifest.party, language),
            "" if one.why else _UNTIL[language].format(end=end),
            _deleted(one, language),
        )
        for one in kept(leaves)
    ]


def _what(manifest: Manifest) -> str:
    columns = [column.name for column in manifest.labels]
    columns += [measure.name for measure in manifest.measures]
    kept = f"{manifest.name}@{manifest.version} ({manifest.kind}): "
    return kept + ", ".join([*manifest.profiles, *columns])


def _purpose(agreement: Agreement, party: str, language: Language) -> str:
    asked = ", ".join(said(f"template.{name}", language) for name in agreement.templates)
    granted = [
        f"{grant.kind}: {', '.join(grant.purposes)}"
        for grant in agreement.grants
        if grant.party == party and grant.purposes
    ]
    return "; ".join([asked, *granted])


def _deleted(one: Kept, language: Language) -> str:
    state = _STATES[language][one.why]
    if not one.why:
        return state
    signed = _SIGNED[language].format(when=clock(one.deleted))
    return f"{state}: {signed if one.deleted else _UNSIGNED[language]}"
