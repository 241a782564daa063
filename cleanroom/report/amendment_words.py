"""Words of what an amendment changes, in both languages."""

from __future__ import annotations

from typing import Final

AMENDMENT: Final[dict[str, tuple[str, str]]] = {
    "consent.amendment": ("The amendment", "协议修订"),
    "consent.amendment.changed": ("Now: {now} Before: {was}", "变更为：{now} 此前：{was}"),
    "consent.amendment.new": ("New: {now}", "新增：{now}"),
    "consent.amendment.gone": ("No longer: {was}", "取消：{was}"),
    "consent.amendment.number": ("In force", "生效"),
    "consent.amendment.force": (
        "as agreement number {number} of this room, with the last member's signature; until then "
        "the one before applies",
        "作为本数据房间的第 {number} 版协议，自最后一位成员签署时生效；此前仍适用上一版",
    ),
    "consent.amendment.questions": ("Questions", "查询"),
    "consent.amendment.waiting": (
        "those that both sides have approved finish under the agreement that they name; those"
        " still waiting end, and what they cost stays spent",
        "双方均已批准的查询按其所依据的协议完成；尚待批准的查询终止，已消耗的预算不退还",
    ),
    "consent.amendment.data": (
        "what is uploaded stays and may be asked about as far as the new terms allow all that it "
        "holds; otherwise its owner uploads a version that fits",
        "已上传的数据保留；仅当新条款允许其全部内容时方可查询，否则需由其所有者上传符合条款的新版本",
    ),
    "consent.amendment.spent": (
        "whatever was spent before counts against the new bounds; nothing is refilled",
        "此前已消耗的部分计入新的上限，不予恢复",
    ),
    "consent.amendment.members": ("Who comes and who goes", "成员加入与退出"),
    "consent.amendment.joins": (
        "joins as {role}, signing key {signing}, sealing key {sealing}: it can then read the"
        " whole log of the room from the first entry on, so who asked whom what and when, but no"
        " data and no answers. Every pair with it has a budget of its own, of which nothing is"
        " spent; if the same company was a member under another name, it still knows what it"
        " learned then",
        "以{role}身份加入，签名密钥 {signing}，密封密钥 {sealing}：加入后可阅读房间自首条记录起的"
        "全部日志，即何人何时向何人查询何事，但看不到数据与结果。与其组成的每一对成员使用新的预算；"
        "若同一公司曾以其他名称加入，此前获知的内容仍为其所知",
    ),
    "consent.amendment.leaves": (
        "is removed from the room by all the others together and has no say in it. Its datasets"
        " are taken back and the mediator deletes them; questions with it that are still running"
        " end, and what they cost stays spent; its delegations and what is served by it or to it"
        " end. It can read the log up to that entry and nothing later, keeps what it received,"
        " and can never come back under this name or key",
        "由其余全体成员共同移出，其本人无表决权。其数据集被撤回并由中介方删除；涉及它的进行中查询"
        "终止，已消耗的预算不退还；其委托以及由其提供或向其提供的在线查询一并终止。它可阅读截至该条"
        "记录的日志，此后的内容不可见；已收到的结果仍由其保留，且不得再以该名称或密钥加入本房间",
    ),
    "consent.amendment.document": ("The fields that differ", "协议文本差异"),
    "consent.amendment.identifier": ("Its identifier", "修订标识"),
}
