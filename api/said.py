"""Say to an operator what ``cleanroom-server`` did, in words of either language or as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cleanroom.documents.agreement import Card
from cleanroom.mediator.context import LOBBY
from cleanroom.report import Language

WORDS: Final[dict[str, tuple[str, str]]] = {
    "made": ("The mediator's home is {home}.", "中介方目录：{home}"),
    "origin": ("Origin of its logs: {value}", "日志来源名：{value}"),
    "key": ("Public key: {value}", "公钥：{value}"),
    "fingerprint": ("Fingerprint: {value}", "指纹：{value}"),
    "none": ("Nobody was admitted yet.", "尚未准入任何参与方。"),
    "revoked": ("{party}, revoked", "{party}，已撤销"),
    "admitted": ("{party}, admitted", "{party}，已准入"),
    "signing": ("signing key", "签名密钥"),
    "sealing": ("sealing key", "加密密钥"),
    "copied": (
        "The copy is whole; its logs:",
        "备份完整；各日志：",
    ),
    "restored": ("The home is restored; its logs:", "目录已恢复；各日志："),
    "checked": ("Nothing is damaged; the logs:", "未发现损坏；各日志："),
    "moved": (
        "All is moved and equal; the former state is in the home's folder moved, to be deleted. "
        "The logs:",
        "已全部迁移并核对一致；原有状态留在主目录的 moved 文件夹中，请自行删除。各日志：",
    ),
    "room": ("room {room}: {count:,} entries", "数据房间 {room}：{count:,} 条记录"),
    "lobby": ("outside every room: {count:,} entries", "不属于任何数据房间：{count:,} 条记录"),
    "logs.none": ("no log has an entry yet", "日志尚无记录"),
    "revoke": (
        "Revoke the key {fingerprint} of {name}? Whatever it signs is refused from now on; "
        "its rooms go on without it.",
        "确定撤销 {name} 的密钥 {fingerprint}？此后由它签名的请求均被拒绝，"
        "其数据房间将在没有该方的情况下继续。",
    ),
    "revoke.done": (
        "{name}'s key {fingerprint} is revoked.",
        "{name} 的密钥 {fingerprint} 已撤销",
    ),
}


def word(key: str, language: Language, **values: object) -> str:
    """Return one text."""
    return WORDS[key][language == "zh"].format(**values)


def key_lines(shown: Mapping[str, str], language: Language) -> list[str]:
    """Say what agreements need to know of a mediator."""
    names = {"origin": "origin", "key": "mediator_key", "fingerprint": "fingerprint"}
    return [word(key, language, value=shown[name]) for key, name in names.items()]


def party_lines(parties: list[tuple[Card, bool]], language: Language) -> list[str]:
    """Say who was admitted, with the fingerprints that people compare."""
    lines = []
    for card, revoked in parties:
        signing, sealing = card.fingerprints()
        party = f"{card.name} ({card.role})"
        lines += [
            word("revoked" if revoked else "admitted", language, party=party),
            f"  {word('signing', language)}  {signing}",
            f"  {word('sealing', language)}  {sealing}",
        ]
    return lines or [word("none", language)]


def size_lines(heading: str, sizes: Mapping[str, int], language: Language) -> list[str]:
    """Say how long every log is, to be compared with what the parties hold."""
    lines = [word(heading, language)]
    for room, count in sizes.items():
        where = "lobby" if room == LOBBY else "room"
        lines.append(f"  {word(where, language, room=room, count=count)}")
    return lines if sizes else [*lines, f"  {word('logs.none', language)}"]


def parties_json(parties: list[tuple[Card, bool]]) -> list[dict[str, Any]]:
    """Return who was admitted, as one document."""
    shown = []
    for card, revoked in parties:
        signing, sealing = card.fingerprints()
        fingerprints = {"fingerprint": signing, "sealing_fingerprint": sealing}
        shown.append({**card.to_json(), **fingerprints, "revoked": revoked})
    return shown
