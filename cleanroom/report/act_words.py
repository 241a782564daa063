"""Words of what people did in a party's console, in both languages."""

from __future__ import annotations

from typing import Final

ACTS: Final[dict[str, tuple[str, str]]] = {
    "acts.title": ("What people did in this console (UTC)", "控制台操作记录（UTC）"),
    "acts.none": ("Nobody has done anything in this console.", "控制台尚无操作。"),
    "acts.link": ("by a link of this home's key", "凭本目录密钥签名的链接"),
    "acts.outcome.begun": ("begun", "已开始"),
    "acts.outcome.done": ("done", "完成"),
    "acts.outcome.refused": ("refused", "被拒绝"),
    "acts.outcome.failed": ("failed", "失败"),
    "act.sign_in": ("signed in", "登录"),
    "act.sign_out": ("signed out", "退出"),
    "act.ask.ask_now": ("ask", "提问"),
    "act.jobs.decide": ("decide on a question", "审批查询"),
    "act.jobs.download": ("download an answer", "下载结果"),
    "act.models.download_models": ("download compared models", "下载模型对比"),
    "act.plan.download_plan": ("download a plan of spend", "下载预算规划"),
    "act.export.export": ("write people to a file", "写出人群文件"),
    "act.export.download": ("download a file of people", "下载人群文件"),
    "act.standing.answer": ("decide on a standing question", "审批定期查询"),
    "act.delegations.answer": ("delegate, or take it back", "委托或撤回"),
    "act.rooms.sign_room_now": ("sign or decline a room", "签署或拒绝房间"),
    "act.amend.answer": ("sign or decline an amendment", "签署或拒绝修订"),
    "act.amend.propose": ("propose an amendment", "发起修订"),
    "act.join.join_now": ("join a room", "加入房间"),
    "act.propose.make_draft": ("draft a room", "起草房间"),
    "act.propose.write_form": ("write a room file", "填写房间文件"),
    "act.propose.propose": ("sign and propose a room", "签署并发起房间"),
    "act.data.act": ("check or upload a dataset", "校验或上传数据集"),
    "act.data.align": ("align datasets", "对齐数据集"),
}
