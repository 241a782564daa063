"""Words of the log, its proofs, and the mediator's pages."""

from __future__ import annotations

from typing import Final

AUDIT: Final[dict[str, tuple[str, str]]] = {
    "mediator.lead": ("Rooms that name your key.", "与您的密钥有关的房间。"),
    "mediator.no_rooms": ("No room names your key.", "没有与您的密钥有关的房间。"),
    "mediator.signed": ("Signed", "已签署"),
    "mediator.statements": ("Statements", "声明数"),
    "mediator.jobs": (
        "Questions and what they cost. Answers are on the receivers' machines.",
        "查询及其消耗。结果在接收方的机器上。",
    ),
    "mediator.witnesses": ("Who has vouched for the log", "日志见证方"),
    "mediator.no_witnesses": ("Nobody has vouched for the log yet.", "尚无人为日志作证。"),
    "audit.kind": ("Kind", "类型"),
    "audit.who": ("Who", "操作方"),
    "audit.outcome": ("Outcome", "结果"),
    "outcome.accepted": ("accepted", "已接受"),
    "outcome.refused": ("refused", "已拒绝"),
    "audit.about": ("About", "内容"),
    "audit.size": ("Entries", "条目数"),
    "audit.none": ("No entry of this window fits.", "此范围内没有符合条件的条目。"),
    "audit.window": ("Entries {start} to {end}", "条目 {start} 至 {end}"),
    "audit.older": ("Look further back", "继续向前查找"),
    "audit.entries": ("All entries", "全部条目"),
    "audit.by_question": ("By question", "按查询"),
    "audit.not_accepted": ("A question that was not accepted", "未被接受的查询"),
    "audit.of_question": ("Entries: {count}", "记录：{count} 条"),
    "audit.questions": ("Who asked what", "查询一览"),
    "audit.questions.lead": (
        "Every question of the room, from the {size} entries of its log, which were verified.",
        "本房间的全部查询，依据日志的 {size} 条条目（已验证）。",
    ),
    "audit.questions.none": ("Nobody has asked anything yet.", "尚无查询。"),
    "audit.report": ("Compliance report", "合规报告"),
    "audit.entry": ("Entry {index}", "条目 {index}"),
    "audit.head": ("{size} entries under root", "共 {size} 条，根哈希"),
    "audit.checkpoint": ("Checkpoint", "检查点"),
    "audit.checkpoint.lead": (
        "The mediator signs how long the log is and what it holds. Each head has to continue the"
        " one before.",
        "中介方对日志的长度与内容签名。每个新的检查点都必须延续前一个。",
    ),
    "audit.note": ("The signed note", "签名文本"),
    "audit.bytes": ("The entry's bytes", "条目原文"),
    "audit.alarm": (
        "Alarm: the log does not continue the one seen before",
        "警报：日志与此前所见不连续",
    ),
    "audit.noscript": (
        "This browser runs no scripts here; repeat the check with the command below.",
        "此浏览器未运行脚本；请使用下方命令进行验证。",
    ),
    "audit.insecure": (
        "This browser checks hashes only over HTTPS or on this machine; use the command below.",
        "浏览器仅在 HTTPS 或本机上可校验哈希；请使用下方命令。",
    ),
    "audit.seen.first": (
        "First look with this browser: it remembers this head and checks the next against it.",
        "此浏览器首次查看：已记住该检查点，并将与之后的进行比对。",
    ),
    "audit.seen.same": (
        "Checked in this browser: the same head as last time.",
        "已在浏览器中验证：与上次的检查点相同。",
    ),
    "audit.seen.grown": (
        "Checked in this browser: continues the {first} entries seen last time.",
        "已在浏览器中验证：延续上次所见的 {first} 条记录。",
    ),
    "audit.seen.back": (
        "The log went back from {first} entries to {second}.",
        "日志从 {first} 条退回到 {second} 条。",
    ),
    "audit.seen.fork": (
        "The log of {second} entries does not begin with the {first} seen before.",
        "{second} 条的日志并非以此前所见的 {first} 条开头。",
    ),
    "audit.growth": ("Proof of growth", "增长证明"),
    "audit.growth.from": ("From the log of so many entries", "起始条目数"),
    "audit.growth.show": ("Show the proof", "显示证明"),
    "audit.growth.found": (
        "The log of {second} entries begins with that of {first}, by these hashes:",
        "以下哈希证明 {second} 条的日志以 {first} 条的日志开头：",
    ),
    "audit.growth.same": (
        "The two are the same size: nothing is needed.",
        "两者大小相同，无需证明。",
    ),
    "proof.title": ("In the log?", "是否在日志中？"),
    "proof.yes": (
        "Checked in this browser: these bytes are entry {index} of the log of {size}.",
        "已在浏览器中验证：以下内容是 {size} 条日志中的第 {index} 条。",
    ),
    "proof.no": (
        "The proof does not hold: these bytes are not under the root.",
        "证明不成立：该内容不在根哈希之下。",
    ),
    "proof.signed": (
        "Checked in this browser: the agreement's mediator key signed this root.",
        "已在浏览器中验证：协议所载的中介方密钥签署了该根哈希。",
    ),
    "proof.unsigned": (
        "The root is not signed by the agreement's mediator key.",
        "该根哈希未由协议所载的中介方密钥签署。",
    ),
    "proof.unsupported": (
        "This browser cannot check Ed25519 signatures; use the command below.",
        "此浏览器不支持验证 Ed25519 签名；请使用下方命令。",
    ),
    "proof.explain": (
        "Hashes from the entry up to the root of the {size} entries:",
        "从该条目到 {size} 条日志根哈希的路径：",
    ),
    "proof.root": ("Root", "根哈希"),
    "proof.key": ("Mediator's key, to compare with your agreement", "中介方密钥（请与协议核对）"),
    "proof.offline": (
        "Repeat it offline, trusting neither this page nor the mediator:",
        "离线重复验证，无需信任本页面或中介方：",
    ),
    "proof.download": ("Download the proof", "下载证明"),
    "chain.title": ("One question in the log", "一次查询的完整记录"),
    "chain.lead": (
        "Who asked, who approved, under what, what it cost, what was released as digests.",
        "由谁提交、由谁批准、依据何种条件、消耗多少、发布内容的摘要。",
    ),
    "chain.under": ("Under", "条件"),
    "chain.parameters": ("Parameters", "参数"),
    "chain.job.submit": ("Asked", "提交"),
    "chain.job.approve": ("Approved", "批准"),
    "chain.job.refuse": ("Refused", "拒绝"),
    "chain.job.cancel": ("Cancelled", "取消"),
    "chain.job.rows": ("Rows committed", "提交数据行"),
    "chain.job.step": ("Step done", "完成步骤"),
    "chain.job.receipt": ("Receipt", "回执"),
    "chain.job.sums": ("Masked sums handed to their owner", "将加掩码的合计交给其所有者"),
    "chain.job.release": ("Released, as digests", "发布（摘要）"),
    "chain.job.fail": ("Failed", "失败"),
    "chain.job.expire": ("Expired", "过期"),
    "chain.result.read": ("Read", "读取"),
}
