"""Say in Chinese what a verification checked and found; its report is written in English.

The table has the English with {} for what is filled in.  A test holds it against the verifier.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cleanroom.report import LANGUAGES, LENGTHS, Language

SAYS: Final = {
    "The agreement names the room and its members": "协议载明房间及其成员",
    "The newest checkpoint is signed by the agreement's mediator": (
        "最新检查点由协议所载的中介方签名"
    ),
    "Members cosigned the newest checkpoint": "成员已为最新检查点联署",
    "The parties' own memories are signed by them": "各参与方的记忆由其本方签名",
    "Every entry is canonical, numbered without a hole and of this room": (
        "每个条目均为规范格式、编号连续且属于本房间"
    ),
    "Every statement is a member's": "每项声明均出自成员",
    "Each party's statements follow one another; refusals change nothing": (
        "各方的声明前后相接；被拒绝的声明不产生任何变化"
    ),
    "The agreement was amended by all its members together": "协议的修订由全体成员共同作出",
    "Room, datasets and alignments went through their prescribed states": (
        "房间、数据集与对齐均依规定的状态变化"
    ),
    "Each job was allowed, approved by both before its release, confirmed by its receiver": (
        "每次查询均为协议所允许，公布前经双方批准，并由接收方确认"
    ),
    "The privacy budget adds up and was never exceeded": "隐私预算核算无误，从未超支",
    "Every run asks what its standing question declares, at its time": (
        "定期查询的每次执行均按其声明的内容与时间提出"
    ),
    "What was kept as long as agreed is signed as deleted": "约定期限届满的内容已签名确认删除",
    "The mediator signed as deleted what was taken back": "撤回的内容已由中介方签名确认删除",
    "Questions about single people kept within their quota": "针对个人的查询未超出配额",
    "The entries are the ones under the newest checkpoint": "条目与最新检查点一致",
    "The heads that members vouched for belong to this log": "成员作证的检查点均属于本日志",
    "The log holds what each party remembers having signed and seen": (
        "日志包含各方记得曾签署与看到的全部内容"
    ),
    "{} entries": "{} 条",
    "root {}": "根哈希 {}",
    "none": "无",
    "nothing spent": "未消耗",
    "{} (brand)": "{}（品牌方）",
    "{} (platform)": "{}（平台方）",
    "{} (auditor)": "{}（审计方）",
    "{} (agency)": "{}（代理商）",
    "{} statements": "{} 项声明",
    "each by its own signature": "逐项验证签名",
    "by the last of each chain": "按各声明链的最后一项验证",
    "{} of {} signed": "{1} 名成员中 {0} 名已签署",
    "amendments in force so far: {}": "已生效的修订：{}",
    "now: number {}": "现为第 {} 版",
    "ended: {}": "已结束：{}",
    "running: {}": "进行中：{}",
    "{} SUCCESS": "{} 已完成",
    "{} REFUSED": "{} 已拒绝",
    "{} FAILED": "{} 失败",
    "{} CANCELLED": "{} 已取消",
    "{} EXPIRED": "{} 已过期",
    "{}: {} of {} rho spent": "{}：已用 {}，共 {} rho",
    "{}: {} of {} rho spent in period {}": "{0}：第 {3} 周期已用 {1}，共 {2} rho",
    "{} of {} in all": "各周期合计已用 {}，共 {}",
    "{}: {} of {} runs": "{0}：{2} 次中已执行 {1} 次",
    "missed: {}": "错过：{}",
    "proposed": "待批准",
    "stopped": "已终止",
    "datasets {}": "数据集 {}",
    "alignments {}": "对齐 {}",
    "messages {}": "传输内容 {}",
    "answers {}": "结果 {}",
    "the latest within {} of its end": "最迟于到期后 {}内",
    **{one: zh for english, (zh, _) in LENGTHS.values() for one in english},
    "{} of {} dataset versions": "{1} 个数据集版本中的 {0} 个",
    "{} of them because up to {} people asked to be erased": (
        "其中 {0} 个因个人请求删除（至多 {1} 人）"
    ),
    "grant {}: {} people asked about": "授权 {}：查询了 {} 人",
    "as both sides counted": "双方计数一致",
    "{} counted by one side alone": "{} 人仅由一方计数",
    "withdrawn": "已撤回",
    "What {} remembers is not in the bundle.": "该日志文件不含 {} 的记忆。",
    "{} writes it with: cleanroom audit memory --out FILE; then give --memory FILE.": (
        "请 {} 运行 cleanroom audit memory --out FILE 写出，再用 --memory FILE 给出。"
    ),
    "Whether this is the room you mean: compare its identifier.": (
        "这是否为您所指的房间：请核对编号。"
    ),
    "Times are the mediator's word; only their order is checked.": (
        "时间由中介方记录；仅检查先后顺序。"
    ),
    "Numbers that were released are not in the log, only their digests.": (
        "公布的数字不在日志中，日志只有其摘要。"
    ),
    "Whether the parties' own data is true.": "各方自己的数据是否真实。",
    "{} dataset versions taken back are not yet signed as deleted.": (
        "{} 个数据集版本已撤回，尚未签名确认删除。"
    ),
    "{} are over and not yet signed as deleted.": "{} 已到期，尚未签名确认删除。",
    "{} datasets": "{} 个数据集",
    "{} alignments": "{} 次对齐",
    "{} messages": "{} 次查询的传输内容",
    "{} answers": "{} 个结果",
}

TERMS: Final = {
    "audience": "人群",
    "events": "事件",
    "activation": "人群激活",
    "base-counts": "加噪的基准人数",
    "public-base": "精确的基准人数",
    "shared-credit": "由平台方汇总归因份额",
    "serving": "逐人实时查询标签",
}
"""Kinds of datasets and of grants, which are English as an agreement has them."""

_GAP: Final = re.compile(r"\{(\d*)\}")
_ENDS: Final = re.compile(r"(?<=\.) (?=[A-Z])|; |, ")
"""Where a sentence or an item of a list ends."""
_STOPS: Final = {"; ": "；", ", ": "，"}


def _pattern(english: str) -> re.Pattern[str]:
    """Return what matches one sentence: no gap reaches over the end of an item."""
    pieces = (re.escape(piece) for piece in _GAP.split(english)[::2])
    return re.compile("((?:(?!; |, ).)+)".join(pieces))


_PATTERNS: Final = [
    (_pattern(english), chinese)
    for english, chinese in sorted(
        SAYS.items(), key=lambda row: len(_GAP.sub("", row[0])), reverse=True
    )
]


def in_words(text: str, language: Language) -> str:
    """Return a step, what it found or what it left open; data in it stays as it is."""
    if LANGUAGES.index(language) == 0:
        return text
    return _told(text)


def term(name: str, language: Language) -> str:
    """Return a kind of dataset or of grant in a language."""
    return TERMS[name] if language == "zh" else name


def _filled(chinese: str, parts: Sequence[str]) -> str:
    """Fill gaps in their order, or each with the part that it numbers."""
    order = iter(range(len(parts)))
    return _GAP.sub(lambda gap: parts[int(gap[1] or next(order))], chinese)


def _told(text: str) -> str:
    for pattern, chinese in _PATTERNS:
        found = pattern.fullmatch(text)
        if found is not None:
            return _filled(chinese, list(map(_told, found.groups())))
    end = _ENDS.search(text)
    if end is not None:
        head, rest = text[: end.start()], text[end.end() :]
        return f"{_told(head)}{_STOPS.get(end[0], '')}{_told(rest)}"
    return text
