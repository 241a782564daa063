"""What commands on delegations, serving, the log and the mediator say, in two languages."""

from __future__ import annotations

from typing import Final

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "example.try": ("Try: {command}", "试运行：{command}"),
    "room.none": (
        "No rooms yet. Propose one: cleanroom room propose room.toml --card CARD",
        "尚无数据房间。发起一个：cleanroom room propose room.toml --card CARD",
    ),
    "audit.unchecked": ("Not checked: {what}", "未检查：{what}"),
    "audit.verifies": (
        "The log of {name} verifies: {size} entries.",
        "{name} 的日志通过验证：{size} 条。",
    ),
    "delegation.grants": (
        "{agency} may ask for {brand}: {templates} about {datasets}, until {ends}, for {rho} rho in"
        " all. Its answers come to {brand}, which hands them on.",
        "{agency} 可代表 {brand} 提交查询：{templates}，涉及 {datasets}，截至 {ends}，合计不超过"
        " {rho} rho。结果由 {brand} 接收后转交。",
    ),
    "delegation.sure": ("Sign this delegation?", "签署此项授权？"),
    "delegation.take-back": (
        "Take the delegation back? What is asked under it ends, and what it cost stays spent.",
        "收回此项授权？据此提交且尚未完成的查询将终止，已消耗的预算不退还。",
    ),
    "delegation.revoked": (
        "The delegation is taken back. Answers that were handed on before stay known.",
        "授权已收回。此前转交的结果无法收回。",
    ),
    "delegation.stands": ("stands", "有效"),
    "delegation.back": ("taken back", "已收回"),
    "delegation.over": ("over", "已到期"),
    "delegation.line": (
        "{id}  {agency} for {brand}: {templates} about {datasets}, until {ends}, {left} of {rho}"
        " rho left ({state})",
        "{id}  {agency} 代表 {brand}：{templates}，涉及 {datasets}，截至 {ends}，剩余"
        " {left}/{rho} rho（{state}）",
    ),
    "delegation.nothing": ("Nothing is delegated in this room.", "此数据房间没有授权代理。"),
    "serving.published": (
        "Grant {grant}: publication {number} can be asked.",
        "授权 {grant}：第 {number} 次发布已可查询。",
    ),
    "serving.serving": (
        "Grant {grant}: publication {number} is served; {waiting} tallies have one signature.",
        "授权 {grant}：第 {number} 次发布正在服务；{waiting} 条计数仅一方签署。",
    ),
    "serving.closed": (
        "Grant {grant}: closed since publication {number}; {waiting} tallies have one signature.",
        "授权 {grant}：第 {number} 次发布后已关闭；{waiting} 条计数仅一方签署。",
    ),
    "serving.stopped": ("Grant {grant}: withdrawn for good.", "授权 {grant}：已永久撤回。"),
    "serving.nothing": ("Nothing is served in this room.", "此数据房间没有在线查询服务。"),
    "serving.sure": (
        "Withdraw grant {grant} for good? Nothing can be asked under it any more.",
        "确定永久撤回授权 {grant}？此后不能再据此查询。",
    ),
    "serving.confirmed": (
        "{minutes} minutes confirmed, {questions:,} people asked about.",
        "已确认 {minutes} 个分钟的计数，共询问 {questions:,} 人。",
    ),
    "server.made": ("The mediator's home is {home}.", "中介方目录：{home}"),
    "server.origin": ("Origin of its logs: {value}", "日志来源名：{value}"),
    "server.key": ("Public key: {value}", "公钥：{value}"),
    "server.fingerprint": ("Fingerprint: {value}", "指纹：{value}"),
    "server.none": ("No party has been admitted yet.", "尚未准入任何参与方。"),
    "server.revoked": ("{party}, revoked", "{party}，已撤销"),
    "server.admitted": ("{party}, admitted", "{party}，已准入"),
    "server.signing": ("signing key", "签名密钥"),
    "server.sealing": ("sealing key", "加密密钥"),
    "server.copied": (
        "The copy is complete; its logs:",
        "备份完整；各日志：",
    ),
    "server.restored": ("The home is restored; its logs:", "目录已恢复；各日志："),
    "server.checked": ("Nothing is damaged; the logs:", "未发现损坏；各日志："),
    "server.moved": (
        "Everything is moved and compared equal; delete the old state in the home's folder moved. "
        "The logs:",
        "已全部迁移并核对一致；原有状态留在主目录的 moved 文件夹中，请自行删除。各日志：",
    ),
    "server.room": ("room {room}: {count:,} entries", "数据房间 {room}：{count:,} 条记录"),
    "server.lobby": (
        "outside every room: {count:,} entries",
        "不属于任何数据房间：{count:,} 条记录",
    ),
    "server.logs.none": ("no log has any entries yet", "日志尚无记录"),
    "server.revoke": (
        "Revoke the key {fingerprint} of {name}? Everything that it signs from now on is refused; "
        "its rooms continue without it.",
        "确定撤销 {name} 的密钥 {fingerprint}？此后由它签名的请求均被拒绝，"
        "其数据房间将在没有该方的情况下继续。",
    ),
    "server.revoke.done": (
        "{name}'s key {fingerprint} is revoked.",
        "{name} 的密钥 {fingerprint} 已撤销",
    ),
}
