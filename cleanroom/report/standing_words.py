"""Words of standing questions, in both languages."""

from __future__ import annotations

from typing import Final

STANDING: Final[dict[str, tuple[str, str]]] = {
    "standing.title": ("Asked on a schedule", "定期查询"),
    "standing.every": ("When", "执行时间"),
    "standing.every.text": (
        "every {every}, from {first} to {until} (UTC)",
        "每 {every}一次，{first} 至 {until}（UTC）",
    ),
    "standing.runs": ("Most runs", "最多执行次数"),
    "standing.runs.text": (
        "{runs}; one that nobody asks in time is missed and is not made up for",
        "{runs} 次；错过的不补",
    ),
    "standing.price": ("Announced price", "预计消耗"),
    "standing.price.text": (
        "{rho} rho a run, charged when it is asked, in its period: {all} rho in all. Nothing is "
        "set aside: a run that the budget no longer holds is missed",
        "每次 {rho} rho，执行时计入当期：合计 {all} rho。预算不预留；届时余额不足则该次作废",
    ),
    "standing.period": ("In one budget period", "单个预算周期内"),
    "standing.period.text": (
        "at most {rho} of its {budget} rho",
        "至多 {rho} rho（该周期预算 {budget} rho）",
    ),
    "standing.versions": ("About", "数据版本"),
    "standing.versions.text": (
        "the newest versions that both sides have aligned by then; the lines below say what a run "
        "would be about now",
        "届时双方已对齐的最新版本；下文为当前版本",
    ),
    "standing.moving": ("Moves along", "随次移动"),
    "standing.moving.text": (
        "{names}: each run asks about as much time, that much later",
        "{names}：每次执行顺延一个间隔，时长不变",
    ),
    "standing.stop": ("Approval and end", "批准与终止"),
    "standing.stop.text": (
        "approved once, for all runs; either side stops it at any moment, and a run without an "
        "answer ends with it",
        "一次批准，适用于所有执行；任何一方可随时终止，尚无结果的执行一并终止",
    ),
    "standing.list": ("Standing questions", "定期查询"),
    "standing.none": ("No standing questions.", "没有定期查询。"),
    "standing.run": ("Run", "次"),
    "standing.due": ("Due (UTC)", "应执行时间（UTC）"),
    "standing.next": ("Next (UTC)", "下一次（UTC）"),
    "standing.asked": ("Runs asked", "已执行"),
    "standing.missed": ("Missed", "错过"),
    "standing.spent": ("rho a run / in all", "每次 / 合计 rho"),
    "standing.state.PROPOSED": ("Waiting for approval", "待批准"),
    "standing.state.ACTIVE": ("Runs", "执行中"),
    "standing.state.STOPPED": ("Stopped", "已终止"),
    "standing.approve": ("Approve all runs", "批准所有执行"),
    "standing.end": ("Stop it", "终止"),
    "standing.end.hint": (
        "What was stopped does not run again; to go on, declare it anew.",
        "终止后不再执行；如需继续，请重新声明。",
    ),
    "standing.stopped": (
        "Stopped by {party} at {time}: {detail}",
        "{party} 于 {time} 终止：{detail}",
    ),
    "standing.amended": (
        "Ended at {time} with the agreement that it was approved under",
        "所依据的协议于 {time} 修订，随之终止",
    ),
}
