"""Words of what a party consents to, in both languages."""

from __future__ import annotations

from typing import Final

CONSENT: Final[dict[str, tuple[str, str]]] = {
    "roomstate.EXPIRED": ("Expired", "已到期"),
    "roomstate.INVITED": ("You may join", "受邀加入"),
    "roomstate.LEFT": ("You were removed", "已被移出"),
    "roomstate.KEPT": ("Kept at home", "仅存于本地"),
    "question.asked": ("What is asked", "查询内容"),
    "question.submitter": ("Asked by", "提交方"),
    "question.behalf": ("{agency} (Agency), for {brand}", "{agency}（代理商），代表 {brand}"),
    "question.others": ("Joined by one hub with the data of", "以同一枢纽人群关联的数据方"),
    "question.receiver": ("Receives the answer", "结果接收方"),
    "question.where": ("Only people with", "仅限人群"),
    "question.where.hub": (
        "labels in {columns} that only the owner of the hub knows; it filters its own people",
        "{columns} 中的若干标签，仅 hub 的所有方知晓，由其剔除己方人群",
    ),
    "question.where.text": (
        "{conditions} (opened here; the mediator reads the columns and which opaque labels pass)",
        "{conditions}（在本地解密；中介方只知列名与哪些不透明标签符合）",
    ),
    "question.outcome": ("The outcome", "目标人群"),
    "question.outcome.text": (
        "{conditions}; people without it are counted too (opened here; the mediator reads the "
        "columns and which opaque labels pass)",
        "{conditions}；其余人群同样计数（在本地解密；中介方只知列名与哪些不透明标签符合）",
    ),
    "question.data": ("Which data, and whose", "使用的数据"),
    "question.dataset": ("{name}; {used}", "{name}；{used}"),
    "question.dataset.labels": ("groups by {names}", "分组标签：{names}"),
    "question.dataset.measures": ("sums of {names}", "合计：{names}"),
    "question.dataset.none": ("no label and no sum", "不含标签与合计"),
    "question.base.public": (
        "counts of the whole dataset by {columns}, exact, to the receiver",
        "向接收方提供整个数据集按 {columns} 的精确计数",
    ),
    "question.base.noised": (
        "counts of the whole dataset by {columns}, with noise, to the receiver",
        "向接收方提供整个数据集按 {columns} 的加噪计数",
    ),
    "question.parameters": ("Parameters", "参数"),
    "question.private": ("opened here; the mediator cannot read it", "在本地解密；中介方无法读取"),
    "question.price": ("What it costs and shows", "消耗与展示"),
    "question.cost": ("Cost", "消耗"),
    "question.cost.text": (
        "{rho} rho; you have already approved {spent} of {budget}",
        "{rho} rho；此前已批准 {spent}，共 {budget}",
    ),
    "question.k": ("Smallest group", "最小分组"),
    "question.k.text": (
        "{people}; a group is shown if its noised count is at least {tau}",
        "{people}；加噪计数达到 {tau} 才展示",
    ),
    "question.k.exact": (
        "{people}; a group is shown if its exact count is at least {tau}",
        "{people}；精确计数达到 {tau} 才展示",
    ),
    "question.noise": ("Noise", "噪声"),
    "question.noise.text": (
        "{noise}; a count's standard deviation is {sd}",
        "{noise}；计数的标准差为 {sd}",
    ),
    "question.groups": ("Most groups", "最多分组数"),
    "question.stands": ("Status", "处理情况"),
    "question.why": ("Why", "原因"),
    "question.back": ("Price", "价格"),
    "question.back.text": ("given back: the question cost nothing", "已退回：本次查询未消耗预算"),
    "question.digest": ("Digest of all this", "以上内容的摘要"),
    "consent.room": ("The room", "数据房间"),
    "consent.kind": ("People", "数据性质"),
    "consent.live": (
        "real: every answer carries noise and leaves small groups out",
        "真实数据：每个结果均加入噪声，且不展示小分组",
    ),
    "consent.rehearsal": (
        "made-up data only: answers may show single people exactly",
        "仅限虚构数据：结果可能精确显示个人",
    ),
    "consent.expires": (
        "{date}; afterwards nothing is asked or released",
        "{date}；此后不再查询或发布",
    ),
    "consent.ends": ("Ends", "结束时间"),
    "consent.mediator": ("Mediator", "中介方"),
    "consent.mediator.text": ("{origin}, key {print}", "{origin}，密钥 {print}"),
    "consent.grants": ("Consents beyond the rule", "规则之外的授权"),
    "consent.grants.none": (
        "None: nobody is told who is in the overlap, and no member counts a base for another.",
        "无：不透露共有人群，任何成员均不为其他成员统计基准。",
    ),
    "consent.grants.rehearsal": (
        "None: nobody is told who is in the overlap; exact base counts may be asked for in a"
        " rehearsal.",
        "无：不透露共有人群；演练中仍可查询精确的基准人数。",
    ),
    "consent.activation": (
        "lets the platform's agent learn which of the platform's own users are {party}'s people,"
        " one by one, if there are at least {minimum} people, for {purposes}",
        "允许平台方代理逐一得知其用户中哪些属于 {party} 的人群，"
        "规模不少于 {minimum} 人，用途：{purposes}",
    ),
    "consent.purposes.any": ("any purpose", "任何用途"),
    "consent.base-counts": (
        "gives the receiver of a question counts of {party}'s whole dataset by label, with noise",
        "向结果接收方提供 {party} 整个数据集按标签的加噪计数",
    ),
    "consent.public-base": (
        "gives the receiver of a question exact counts of {party}'s whole dataset; the privacy "
        "budget does not cover them",
        "向结果接收方提供 {party} 整个数据集的精确计数；隐私预算不涵盖该部分",
    ),
    "consent.shared-credit": (
        "lets a platform receive answers for which it adds up the credit itself; nobody can"
        " check its weights",
        "允许平台方接收由其自行累加归因得出的结果；其权重无法核验",
    ),
    "consent.serving": (
        "lets {platform} ask about single visitors of its own, for {purposes}, until {date}:"
        " {platform} learns one exact label, {values} or none, for each visitor that it asks"
        " about; {party} and the mediator learn how many were asked about, never who. At most"
        " {second} questions a second and {day} a day, on an audience {audience}{where} of at"
        " least {minimum} people. The privacy budget does not cover it, and no noise hides"
        " anybody",
        "允许 {platform} 就其单个访客提问，用途：{purposes}，截止 {date}："
        "{platform} 对所询问的每个访客得知一个确切标签（{values} 或无）；"
        "{party} 与中介方只知询问了多少人，不知是谁。每秒至多 {second} 次、每天至多 {day} 次，"
        "人群 {audience}{where} 不少于 {minimum} 人。隐私预算不涵盖该部分，也无噪声掩护任何人",
    ),
    "consent.serving.where": (", those with {where},", "（其中 {where}）"),
    "consent.learns": ("Who may learn what", "各方可知信息"),
    "consent.receivers": ("Answers", "结果"),
    "consent.receivers.text": (
        "Each question names the side that receives its answer. About {data}: {receivers}.",
        "每个查询指定接收方。涉及 {data} 的结果：{receivers}。",
    ),
    "consent.receivers.all": ("either side", "双方均可接收"),
    "consent.receivers.only": ("{names} alone", "仅 {names}"),
    "consent.learns.mediator": (
        "how many opaque rows match and in which opaque group; no identifier, no label, no sum",
        "有多少不透明的行匹配、属于哪些不透明分组；不知标识、标签与合计",
    ),
    "consent.learns.auditor": (
        "who asked, approved and received what, with digests; no numbers from answers",
        "何人提交、批准、接收了什么及其摘要；不含结果数字",
    ),
    "consent.learns.agency": (
        "reads the log; asks in a brand's place what that brand delegates to it, until the brand"
        " takes that back, and learns the answers that the brand receives",
        "可读日志；在品牌方授权代理的范围内代其提交查询，直至品牌方收回；可获知品牌方就此收到的结果",
    ),
    "consent.others": ("Other members", "其他成员"),
    "consent.learns.others": (
        "A question is between the owners of its two datasets; the room has one log, which every"
        " member can read. So the others see who asked whom what and when: template, datasets,"
        " label columns, measures, times, cost, padded sizes, how many groups passed, how it"
        " ended. They see no answers and no labels, and pay nothing. Each party can close the"
        " room for everybody",
        "每个查询只涉及其两个数据集的所有方；全体成员读取同一份日志。因此其他成员可知何人于何时向何方"
        "查询了什么：模板、数据集、标签列、度量、时间、消耗、填充后的规模、通过的分组数与结局；"
        "不知结果与标签，也不消耗其预算。任一参与方均可为全体关闭房间",
    ),
    "consent.partners": (
        " It may be joined with data of {names}.",
        "可与 {names} 的数据对齐。",
    ),
    "consent.budget.pairs": (
        " The budget and the numbers of questions and alignments are counted separately for each"
        " pair of a brand and a platform: what two members ask uses up nothing of the others'.",
        "预算、查询次数与对齐次数按每一对品牌方与平台方分别计算：他人之间的查询不消耗其余成员的额度。",
    ),
    "consent.members": ("Members and their keys", "成员及其密钥"),
    "consent.member": (
        "{role}. Signing key {signing}, sealing key {sealing}. {known}",
        "{role}。签名密钥 {signing}，密封密钥 {sealing}。{known}",
    ),
    "consent.own": ("This is you.", "您自己。"),
    "consent.known": (
        "These are the keys on the card that you keep.",
        "与您保存的名片一致。",
    ),
    "consent.unknown": (
        "You keep no card under this name: compare the fingerprints with its owner by telephone.",
        "您未保存该名称的名片：请通过电话与对方核对指纹。",
    ),
    "consent.differs": (
        "NOT the keys on the card that you keep under this name. Do not sign.",
        "与您保存的同名名片不符，请勿签署。",
    ),
    "consent.replaced": (
        "You signed the room with these keys; the card that you keep now has different ones."
        " This room continues with these; a new room uses those on the card.",
        "您签署本房间时即为这些密钥；您现在保存的名片已是其他密钥。本房间继续使用这些密钥，"
        "新房间使用名片上的密钥。",
    ),
    "consent.data": ("Data that may be used", "可使用的数据"),
    "consent.data.none": (
        "The agreement names no dataset: nothing can be uploaded.",
        "协议未列出数据集，无法上传。",
    ),
    "consent.dataset": (
        "{kind}. People are told apart by {profile}. Labels: {labels}. Sums: {measures}. "
        "Answers go to {receivers}. Other columns stay at home.",
        "{kind}。标识规则：{profile}。标签：{labels}。合计：{measures}。"
        "接收方：{receivers}。其他列不离开本地。",
    ),
    "consent.dataset.several": (
        "{kind}. People are told apart by any of: {profile}; each enters the alignment, and one"
        " that both sides know is enough to match. Labels: {labels}. Sums: {measures}. "
        "Answers go to {receivers}. Other columns stay at home.",
        "{kind}。以下任一标识均可识别一个人：{profile}；每个标识都参与对齐，双方有一个相同即匹配。标签：{labels}。合计：{measures}。"
        "接收方：{receivers}。其他列不离开本地。",
    ),
    "consent.audience": ("One row per person", "每人一行"),
    "consent.events": ("Many rows per person", "每人多行"),
    "consent.none": ("none", "无"),
    "consent.measure": ("{name} from {low} to {high}", "{name}（{low} 至 {high}）"),
    "consent.profile.email": ("e-mail address ({name})", "电子邮箱（{name}）"),
    "consent.profile.phone": ("telephone number ({name})", "电话号码（{name}）"),
    "consent.profile.idfa": ("iOS device ({name})", "iOS 设备（{name}）"),
    "consent.profile.gaid": ("Android device ({name})", "Android 设备（{name}）"),
    "consent.profile.oaid": ("Android device in China ({name})", "国内安卓设备（{name}）"),
    "consent.profile.raw": ("a member number or other identifier ({name})", "自有标识（{name}）"),
    "consent.profile.sha256": ("digests of identifiers ({name})", "标识摘要（{name}）"),
    "consent.bounds": ("Bounds of every answer", "每个结果的限制"),
    "consent.k": ("Smallest group", "最小分组"),
    "consent.k.text": (
        "{people}, by noised counts; smaller groups are pooled",
        "{people}（按加噪计数）；更小的分组合并",
    ),
    "consent.noise": ("Noise", "噪声"),
    "consent.noise.none": ("none", "无"),
    "consent.noise.text": (
        "{noise}, a share of it from each side, so that neither can remove it alone",
        "{noise}，双方各加一份，任何一方无法单独去除",
    ),
    "consent.budget": ("Privacy budget", "隐私预算"),
    "consent.budget.text": (
        "{rho} rho for all questions of a pair of parties, at most {job} a question: {count}"
        " questions at that price, at most {most} whatever they cost.",
        "每对参与方共 {rho} rho，单次查询最多 {job}：按此价格可查询 {count} 次，"
        "总数不超过 {most} 次。",
    ),
    "consent.budget.periods": (
        "{rho} rho for all questions of a pair of parties in each period of {length}, from"
        " {date} on, and {lifetime} rho in all periods together; what a period leaves over is"
        " not added to the next. At most {job} a question: {count} questions a period at that"
        " price, at most {most} in all, whatever they cost.",
        "每对参与方每周期共 {rho} rho，周期为 {length}，自 {date} 起；所有周期合计 {lifetime} rho；"
        "当期未用部分不结转。单次查询最多 {job}：按此价格每周期可查询 {count} 次，"
        "总数不超过 {most} 次。",
    ),
    "consent.budget.when": (
        " A question's price is spent once the question is accepted, unless a person refuses it"
        " before the side that does not receive the answer has approved it.",
        "查询一经接受即消耗预算；若在非接收方批准之前由人工拒绝，则予以退还。",
    ),
    "period": (" in the period from {first} to {end}", "（{first} 至 {end} 周期）"),
    "consent.meaning": ("What it means", "含义"),
    "consent.meaning.text": (
        "Whoever sees all the answers, and knows everything about everybody else, can change"
        " their odds that a given person is in the data by a factor of {factor} at most (epsilon"
        " {epsilon}), except with a probability of {delta}.",
        "即使看到全部结果并知悉其他所有人的信息，对某人是否在数据中的判断，"
        "其几率最多改变 {factor} 倍（epsilon {epsilon}），例外概率为 {delta}。",
    ),
    "consent.meaning.periods": (
        " That is one period. The answers of any 365 days add up to {year_rho} rho (epsilon "
        "{year}), those of all periods to {ever_rho} rho (epsilon {ever}).",
        "以上为单个周期。任意 365 天内的结果合计 {year_rho} rho（epsilon {year}），"
        "所有周期合计 {ever_rho} rho（epsilon {ever}）。",
    ),
    "consent.meaning.none": (
        "Nothing is protected by noise: single people may show.",
        "没有噪声保护：个人可能显现。",
    ),
    "consent.approval": ("Approval", "审批方式"),
    "consent.approval.manual": (
        "by hand: a person on each side looks at every question first",
        "人工：双方人员逐一审批每个查询",
    ),
    "consent.approval.auto": (
        "by the agents: what the agreement allows is answered without a person",
        "自动：协议允许的查询由代理直接回答",
    ),
    "consent.alignment": ("Alignment", "对齐方式"),
    "consent.alignment.text": ("{profiles}; at most {count} times", "{profiles}；最多 {count} 次"),
    "consent.alignment.period": (
        "{profiles}; at most {count} times in each period",
        "{profiles}；每周期最多 {count} 次",
    ),
    "consent.alignment.realign": (
        "; the agents align new versions of what was aligned before without asking a person",
        "；已对齐数据集的新版本由代理自动对齐，无需人工",
    ),
    "consent.encryption": ("Encryption of measures", "指标加密"),
    "consent.encryption.text": ("{bits} bits, {profile}", "{bits} 位，{profile}"),
    "consent.encryption.lattice": (
        "; values of 8,192 rows and more may travel with each question instead, under lattice keys"
        " for it alone: that also assumes that ring learning with errors is hard",
        "；8,192 行及以上的数值可改为随每个问题发送，用仅供该问题使用的格密钥加密："
        "另假设环上带误差学习问题（ring-LWE）是困难的",
    ),
    "consent.retention": ("Kept for", "保存期限"),
    "consent.retention.text": (
        "data with everything made from it {rows}, alignments {alignments}, what travels for a"
        " question {messages}, answers {answers}, each from its entry in the log; then the"
        " mediator deletes it and signs that it did, and each party's agent deletes it at home."
        " Files that somebody wrote elsewhere are not covered",
        "数据及其衍生内容 {rows}，对齐 {alignments}，查询往来内容 {messages}，结果 {answers}，"
        "均自日志相应条目起算；到期后由中介方删除并签名确认，各方代理同时删除本地内容。"
        "已另行写出的文件不在此列",
    ),
    "consent.retention.none": (
        "no limit: until its owner takes it back",
        "无期限：直至所有者撤回",
    ),
    "consent.purposes": ("Purposes", "用途"),
    "consent.purposes.text": (
        "{names}: a question for anything else is refused",
        "{names}：用于其他目的的查询将被拒绝",
    ),
    "consent.stage_rules": ("Rules of stages", "阶段规则"),
    "consent.weights": ("Weights of {industry}", "{industry} 权重"),
    "roomstate.PROPOSED": ("Awaiting signatures", "待签署"),
    "roomstate.ACTIVE": ("Active", "有效"),
    "roomstate.CLOSED": ("Closed", "已关闭"),
}
