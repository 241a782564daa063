"""Words of the command line and the console, in both languages."""

from __future__ import annotations

from typing import Final

CONSOLE: Final[dict[str, tuple[str, str]]] = {
    "console.rooms": ("Rooms", "数据房间"),
    "console.room": ("Room", "数据房间"),
    "console.datasets": ("Datasets", "数据集"),
    "console.dataset": ("Dataset", "数据集"),
    "console.jobs": ("Questions", "查询任务"),
    "console.job": ("Question", "查询任务"),
    "console.ask": ("Ask", "提交查询"),
    "console.preview": ("Before you ask", "提交前预览"),
    "console.result": ("Result", "结果"),
    "console.table": ("Table", "表格"),
    "console.picture": ("Picture", "图表"),
    "console.picture.alone": ("Open the picture at its full size", "打开原尺寸图表"),
    "console.download": ("Download", "下载"),
    "console.approve": ("Approve", "批准"),
    "console.refuse": ("Refuse", "拒绝"),
    "console.approvals": ("Approvals", "审批"),
    "console.budget": ("Privacy budget", "隐私预算"),
    "console.log": ("Log", "日志"),
    "console.audit": ("Audit", "审计"),
    "console.members": ("Members", "成员"),
    "console.agreement": ("Agreement", "协议"),
    "console.sign_in": ("Sign in", "登录"),
    "console.sign_out": ("Sign out", "退出"),
    "console.search": ("Search", "搜索"),
    "console.filter": ("Filter", "筛选"),
    "console.name": ("Name", "名称"),
    "console.template": ("Template", "模板"),
    "console.receiver": ("Receiver", "接收方"),
    "console.state": ("State", "状态"),
    "console.identifier": ("Identifier", "编号"),
    "console.time": ("Time", "时间"),
    "console.language": ("Language", "语言"),
    "console.empty.jobs": (
        "Nobody has asked anything in this room yet.",
        "此房间尚无查询任务。",
    ),
    "console.empty.datasets": (
        "There are no datasets yet. Upload one to ask questions.",
        "尚无数据集。请先上传数据集再提交查询。",
    ),
    "console.empty.rooms": ("You have not signed a room.", "您尚未签署任何房间。"),
    "kept.key": (
        "The mediator does not, or no longer, know this party's key for the room. This is what"
        " is kept at home.",
        "中介方不认识、或不再认识本方在此房间的密钥。以下为本地保存的内容。",
    ),
    "kept.unknown": (
        "The mediator does not, or no longer, know this key, or the clocks differ. Has its"
        " operator admitted your card.json, or revoked the key? Answers that this home keeps can"
        " be read without it: in the console under Questions, on the command line with cleanroom"
        " job list and cleanroom job result.",
        "中介方不认识、或不再认识该密钥，或双方时钟不一致。其运营者是否已登记您的 card.json，"
        "或已吊销该密钥？本地保存的结果无须中介方即可读取：在控制台的“查询任务”中，"
        "或用命令 cleanroom job list 与 cleanroom job result。",
    ),
    "kept.away": (
        "The mediator does not answer. This is what is kept at home.",
        "中介方没有应答。以下为本地保存的内容。",
    ),
    "kept.rooms": (
        "KEPT: the mediator does not show the room to this party now; its answers can be read, with"
        " job list --room ROOM and job result.",
        "KEPT：中介方目前不向本方显示该房间；其结果仍可读取：job list --room ROOM，job result。",
    ),
    "state.SUBMITTED": ("Submitted", "已提交"),
    "state.AWAITING_APPROVAL": ("Awaiting approval", "待批准"),
    "state.REFUSED": ("Refused", "已拒绝"),
    "state.STARTED": ("Running", "运行中"),
    "state.AWAITING_DECRYPTION": ("Awaiting decryption", "待解密"),
    "state.SUCCESS": ("Answered", "已完成"),
    "state.FAILED": ("Failed", "失败"),
    "state.CANCELLED": ("Cancelled", "已取消"),
    "state.EXPIRED": ("Expired", "已过期"),
    "preview.title": ("Before asking", "提交前"),
    "preview.repeated": (
        "This very question has an answer already: asking it again costs nothing and gives the"
        " same one.",
        "该查询已有结果：再次提交不消耗预算，返回同一结果。",
    ),
    "preview.leaks": ("Who learns what", "各方可知信息"),
    "preview.at_most": ("At most, by your own labels", "按己方标签，最多"),
    "preview.at_most.text": (
        "{people}; such a count would be shown with {chance} as {low} to {high} (95 %)",
        "{people}；此类计数以 {chance} 的概率展示，区间为 {low} 至 {high}（95 %）",
    ),
    "preview.notice": ("for your eyes only", "仅供本方查看"),
    "preview.what": ("what", "内容"),
    "preview.rho": ("cost of the question (rho)", "本次消耗 (rho)"),
    "preview.people_sd": (
        "standard deviation of a count",
        "计数的标准差",
    ),
    "preview.k": ("smallest group (people)", "最小分组（人）"),
    "preview.tau": ("least noised people of a group that is shown", "展示门槛（加噪人数）"),
    "preview.budget": ("budget of the room (rho)", "房间总预算 (rho)"),
    "preview.budget_before": ("budget left now (rho)", "当前剩余预算 (rho)"),
    "preview.budget_after": ("budget left after (rho)", "提交后剩余预算 (rho)"),
    "preview.affordable": ("within the budget", "预算内"),
    "preview.answered_by": ("answered before by", "已有相同查询"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
}
