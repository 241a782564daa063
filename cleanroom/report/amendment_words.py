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
        "those that both sides have approved finish under the agreement that they name; those that "
        "still wait end, and what they cost stays spent",
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
    "consent.amendment.document": ("The fields that differ", "协议文本差异"),
    "consent.amendment.identifier": ("Its identifier", "修订标识"),
}
