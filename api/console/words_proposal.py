"""Words of proposing a room."""

from __future__ import annotations

from typing import Final

from api.console.words_party import PARTY

PROPOSE: Final[dict[str, tuple[str, str]]] = {
    "propose.title": ("Propose a room", "发起数据房间"),
    "propose.lead": (
        "Choose a room file, read what it would allow, then sign and propose it. The others sign"
        " after you.",
        "选择房间文件，阅读许可范围，然后签署并发起。其他成员随后签署。",
    ),
    "propose.files": ("From a room file", "使用房间文件"),
    "propose.form.title": ("From a short form", "填写简表"),
    "propose.form.lead": (
        "The form writes a room file. It can be edited before you sign.",
        "简表会生成一个房间文件，签署前可编辑。",
    ),
    "propose.form.open": ("Fill in the form", "填写"),
    "propose.form.write": ("Write the room file", "生成房间文件"),
    "propose.form.then": (
        "Nothing is signed yet: the next page shows what it means.",
        "此时尚未签署，下一页将说明其含义。",
    ),
    "propose.members": ("Other members", "其他成员"),
    "propose.no_cards": ("You do not have another party's card yet.", "尚无其他参与方的名片。"),
    "propose.cards": ("Cards of further members", "其他成员的名片文件"),
    "propose.cards.hint": (
        "The card.json that each of them gave you by some other way than the mediator.",
        "由对方经中介方以外的途径交给您的 card.json。",
    ),
    "propose.read": ("Read it before you sign", "签署前阅读"),
    "propose.ask": ("Propose {name}?", "发起 {name}？"),
    "propose.consent": (
        "Read what the room would allow. Once it is signed, only an amendment that every member"
        " signs changes it.",
        "请阅读许可范围。签署后，仅能通过全体成员签署的修订进行变更。",
    ),
    "propose.absent": (
        "{file} is not here, so it will not be checked before you sign.",
        "{file} 不在本机，签署前不会校验。",
    ),
    "propose.sign": ("Sign and propose", "签署并发起"),
    "propose.sign.hint": (
        "Your data is checked against the agreement first, then the room's key is made.",
        "将先按协议校验您的数据，再生成房间密钥。",
    ),
    "propose.step.waits": ("Waiting for other work …", "等待其他任务……"),
    "propose.step.check": ("Checking your data …", "正在校验您的数据……"),
    "propose.step.keys": PARTY["sign.busy"],
    "propose.gone": (
        "This draft is no longer kept. Open the room file again.",
        "该草案已不再保留，请重新打开房间文件。",
    ),
    "amend.title": ("Amend the agreement", "修订协议"),
    "amend.lead": (
        "Read what changes. It takes effect once every member has signed; until then the"
        " agreement before it applies.",
        "请阅读变更内容。全体成员签署后生效；此前仍适用上一版协议。",
    ),
    "amend.signed": ("Signed by {names}", "已签署：{names}"),
    "amend.sign": ("Sign this amendment", "签署此修订"),
    "amend.sign.hint": (
        "Questions that are not approved by both sides yet end when the last member signs.",
        "最后一位成员签署时，尚未经双方批准的查询将终止。",
    ),
    "amend.decline.hint": (
        "This is final. The agreement before it stays in force; this is also how a proposer"
        " takes back its own.",
        "拒绝后不可恢复，上一版协议继续有效；提出方可由此撤回。",
    ),
    "amend.choose": (
        "Nothing is waiting. Choose a room file that describes the room as it is to be from now"
        " on, and read what it changes.",
        "没有待签署的修订。请选择写明今后内容的房间文件，并阅读变更内容。",
    ),
    "amend.file": ("Room file", "房间文件"),
    "amend.joins": ("Who joins", "加入的成员"),
    "amend.joins.none": (
        "Nobody: you keep no card of anybody who is not yet a member.",
        "无：您未保存任何非成员的名片。",
    ),
    "amend.without": ("Who is removed", "移出的成员"),
    "amend.without.none": ("nobody", "无"),
    "amend.without.hint": (
        "All others sign. Its data is deleted at the mediator, and it cannot come back.",
        "由其余成员签署。其数据将由中介方删除，且不可再次加入。",
    ),
    "amend.card": ("Keep a card", "保存名片"),
    "amend.card.of": ("Card of somebody who joins", "拟加入方的名片"),
    "amend.leaves": (
        "This amendment removes you from the room. The others decide; you have no say in it.",
        "本修订将您移出房间，由其他成员决定，您无表决权。",
    ),
    "join.title": ("Join {name}", "加入 {name}"),
    "join.lead": (
        "Members of this room want you to join it. Read what the room allows, and what the"
        " amendment that brings you in changes. You are a member once everybody has signed.",
        "该房间的成员希望您加入。请阅读房间所允许的内容，以及使您加入的修订所变更的内容。"
        "全体成员签署后，您即成为成员。",
    ),
    "join.sign": ("Sign, and join", "签署并加入"),
    "join.call": ("You may join this room", "您可加入此房间"),
    "join.waits": (
        "You have signed. You are a member once the others have, too.",
        "您已签署，其余成员签署后您即成为成员。",
    ),
    "left.note": (
        "An amendment removed you from this room. Its log up to that entry stays readable, and"
        " so do the answers that you received.",
        "一项修订已将您移出此房间。截至该条记录的日志以及您已收到的结果仍可阅读。",
    ),
    "amend.no_files": ("There is no room file in your folder.", "文件夹中没有房间文件。"),
    "amend.ask": ("What {file} changes", "{file} 的变更内容"),
    "amend.waits": (
        "An amendment of the agreement is waiting for signatures.",
        "有一项协议修订待签署。",
    ),
    "amend.read": ("Read it", "阅读"),
    "amend.gone": (
        "This is not the amendment that was shown. Load the page again.",
        "该修订与所显示的不一致，请重新加载页面。",
    ),
    "propose.expires.hint": ("Empty: 90 days from now", "留空：自今日起 90 天"),
    "propose.rehearsal": (
        "A rehearsal, with your own or made-up data only",
        "演练房间，仅用自有或虚构数据",
    ),
    "propose.policy": ("What protects people", "隐私保护条款"),
    "propose.k.hint": ("People; smaller groups are not shown", "人；更小的分组不予展示"),
    "propose.budget.hint": (
        "All questions together; without noise it means nothing",
        "全部查询合计；无噪声时无意义",
    ),
    "propose.per_job": ("Most for one question (rho)", "单次查询上限 (rho)"),
    "propose.period": ("Length of a period, days", "周期长度（天）"),
    "propose.period.hint": (
        "Empty: no periods. Otherwise the budget above is that of one period.",
        "留空：不设周期。否则上述预算为一个周期的额度。",
    ),
    "propose.lifetime": ("All periods together (rho)", "所有周期合计上限 (rho)"),
    "propose.lifetime.hint": ("With periods only", "仅在设有周期时填写"),
    "propose.living": ("Over time", "持续运行"),
    "propose.realign": (
        "Agents align new versions of what was aligned before by themselves",
        "曾经对齐的数据出现新版本时，由代理自动对齐",
    ),
    "propose.kept": (
        "For how many days things are kept, each from its entry in the log. Choose versions and"
        " alignments longer than the time between two uploads. All empty: until their owner takes"
        " them back.",
        "各项内容的保存天数，自日志中相应条目起算。数据版本与对齐应长于两次上传的间隔。"
        "全部留空：保存至所有者撤回为止。",
    ),
    "propose.kept.rows": ("Dataset versions", "数据集版本"),
    "propose.kept.alignments": ("Alignments", "对齐"),
    "propose.kept.messages": ("What travels for a question", "查询往来内容"),
    "propose.kept.answers": ("Answers", "结果"),
    "propose.purposes": ("Purposes", "用途"),
    "propose.purposes.hint": (
        "One per line; every question then names one. Empty: not listed.",
        "每行一个；此后每个查询须指明其一。留空则不列明。",
    ),
    "propose.own_data": ("A dataset of yours", "您的数据集"),
    "propose.other_data": ("A dataset of the other side", "对方的数据集"),
    "propose.data.name.hint": ("Empty: no such dataset", "留空则无此数据集"),
    "propose.file.none": ("later", "稍后"),
    "propose.column": ("Column of the identifier", "标识所在列"),
    "propose.time": ("Column of the time", "时间所在列"),
    "propose.time.hint": ("For events only", "仅用于事件数据"),
    "propose.labels.hint": ("Columns to group by, separated by commas", "用于分组的列，以逗号分隔"),
    "propose.measures.hint": (
        "Columns to add up, one per line, with the largest value: spend = 1000.00",
        "用于合计的列，每行一个，并写明最大值：spend = 1000.00",
    ),
}
