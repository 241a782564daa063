"""Chinese of refusals by what a room allows, under the English."""

from __future__ import annotations

from typing import Final

REFUSALS: Final = {
    "the room has expired": "房间已到期",
    "A room begins with its first agreement, not with an amendment.": (
        "房间从首份协议开始，而不是从修订开始。"
    ),
    "Two members of the room share a name or a signing key.": (
        "房间的两个成员有相同的名称或签名密钥。"
    ),
    "No member may be called mediator: the log calls the service that.": (
        "成员不能名为 mediator：日志以此称呼服务。"
    ),
    "There is no template {}.": "没有模板 {}。",
    "a live room needs noise": "正式房间需要噪声",
    "a live room needs k >= {}": "正式房间需要 k >= {}",
    "a live room needs 2048 bits": "正式房间需要 2048 位",
    "The agreement lists a purpose twice, or an empty one.": ("协议中有用途重复，或有用途为空。"),
    "The agreement describes one dataset twice.": "协议中有数据集重复。",
    ("A grant of {} by {} has no purpose, or one that the agreement does not list."): (
        "{1} 的 {0} 授权没有用途，或其用途不在协议所列之中。"
    ),
    "Choose its purposes from these: {}.": "请从以下用途中填写：{}。",
    "Dataset {} belongs to {}, who is not a party.": "数据集 {} 属于 {}，而其不是任何一方。",
    "A measure of {} has a minimum above its maximum.": "{} 的某个指标下限大于上限。",
    "The terms of {} name something twice.": "{} 的条款中有重复。",
    "the alignment is of another room": "该对齐属于另一个房间",
    "the agreement does not allow the profile {}": "协议不允许规范 {}",
    "the alignment names two versions of one dataset": "该对齐包含同一数据集的两个版本",
    "the datasets were normalised by different profiles: {}": "各数据集的标识规范不同：{}",
    "people of the datasets may have {} identifiers, and the agreement allows {}": (
        "各数据集的人可有 {} 种标识，而协议允许 {} 种"
    ),
    "the agreement allows {} alignments{}": "协议允许 {} 次对齐{}",
    "the datasets have {} identifiers at most, not {}": "各数据集最多有 {} 个标识，而不是 {} 个",
    "{} is not a {}": "{} 不是{}",
    "the alignment names different datasets": "该对齐涉及其他数据集",
    "the alignment names a dataset twice": "该对齐中有数据集重复",
    "{} of {} was not uploaded for this alignment": "{1} 的 {0} 不是为此对齐上传的",
    "An amendment names the agreement that it follows.": "修订须注明其所依据的协议。",
    "the amendment follows an agreement other than the one in force": "该修订依据的不是现行协议",
    "The amendment changes nothing.": "该修订没有任何改动。",
    "An amendment cannot change {}.": "修订不能更改 {}。",
    "Propose a new room for that.": "请为此另提一个房间。",
    "An amendment can remove one member, from a room of three or more.": (
        "一份修订从三个或以上成员中移出一个。"
    ),
    "Amend once for each; the last two close the room instead.": (
        "请每次修订移出一个；最后两个成员请关闭房间。"
    ),
    "{} leaves, so the amendment must also drop the grant of {} that it gave.": (
        "{} 离开：其授予的 {} 也随之取消。"
    ),
    "{} has left the room, and nobody joins by its name or key again.": (
        "{} 已离开房间，其名称与密钥不能再加入。"
    ),
    "{} was invited to the room before, with another role or key.": (
        "{} 先前曾以其他角色或密钥受邀。"
    ),
    "Invite it as it was, or propose a new room.": "请按原样邀请，或另提一个房间。",
    (
        "Grant {} serves single people: an amendment must leave it, and the number of grants"
        " before it, as they are."
    ): ("第 {} 项授权提供单人在线查询：修订不得改动它及其之前的授权数量。"),
    "Withdraw it with: cleanroom serve stop": "请撤回：cleanroom serve stop",
    "the delegation is of another room": "该授权代理属于另一个房间",
    "a brand delegates what it may ask itself": "品牌只能授权自己可以提交的查询",
    "{} is not an agency of the room": "{} 不是房间的代理商",
    "the delegation has ended": "该授权代理已到期",
    "the question is asked under another delegation": "该查询依据的是另一项授权代理",
    "{} delegated no question of {}": "{} 没有授权关于 {} 的查询",
    "the question is about data of {}, not of {}": "该查询涉及 {} 的数据，而不是 {} 的",
    "the next delegation of {} is {}": "{} 的下一项授权代理编号为 {}",
    "The delegation names something twice.": "该授权代理中有重复。",
    "A delegation names a dataset of the brand and one of a platform.": (
        "授权代理须注明品牌的一个数据集和平台的一个数据集。"
    ),
    "{} delegated no question about {}.{}": "{} 没有授权关于 {}.{} 的查询",
    "The room does not allow the template {}.": "房间不允许模板 {}。",
    "{}.{} is neither a dataset of {} nor of a platform.": (
        "{}.{} 既不是 {} 的数据集，也不是平台的数据集。"
    ),
    "the question needs rows under {}, which the agreement does not allow": (
        "该查询需要以 {} 加密的行，而协议不允许"
    ),
    ("the values would take {} bytes, more than {}: ask for fewer groups or measures at a time"): (
        "各值将占 {} 字节，多于 {}：请每次减少分组或指标"
    ),
    "The terms of {} name a kind of identifier twice.": "{} 的条款中有标识类型重复。",
    "{} about two audiences joins people by all their identifiers: leave {} out": (
        "涉及两个受众的 {} 按全部标识联合人群：请不要填写 {}"
    ),
    (
        "the side that does not receive sends names, that of lattice rows their values, and "
        "nobody anything else"
    ): ("不接收的一方发送名称，格密码行一方发送各值，其他各方不发送"),
    "there is one name for every label, and one value for every row": (
        "每个标签一个名称，每行一个值"
    ),
    "{} has no part in a question to {}.": "{} 没有参与提交给 {} 的查询",
    "A room has at least one brand and one platform, and {} parties at most.": (
        "房间至少有一个品牌和一个平台，各方总数最多 {} 个。"
    ),
    (
        "the key of shared labels is sealed to every peer where there are several, and else to "
        "nobody"
    ): ("有多个对方时，共享标签的密钥须密封给每一个，否则不给任何人"),
    "an agency asks in the brand's place, and the brand receives": "代理商代品牌提交，由品牌接收",
    "{} is about two datasets, not a hub": "{} 涉及两个数据集，而不是枢纽",
    "A {} of a room cannot be called {}.": "房间的{}不能名为 {}。",
    "{} is granted by {}, who is not a party of the room.": "{1} 授予 {0}，而其不是房间的一方。",
    ("{}'s {} cannot be joined with data of {}: the room has no such party of the other role."): (
        "{} 的 {} 不能与 {} 的数据联合：房间中没有另一角色的这一方。"
    ),
    "{} of {} may not be joined with data of {}": "{1} 的 {0} 不得与 {2} 的数据联合",
    "the job names {} as the owner of a dataset of {}": "任务把 {} 列为 {} 的数据集的所有者",
    "Periods need their length, their first start and rho_lifetime.": (
        "周期需要长度、首次开始时间和 rho_lifetime。"
    ),
    "rho_lifetime is less than the rho_budget of one period.": (
        "rho_lifetime 小于一个周期的 rho_budget。"
    ),
    "a question in a live room spends at least {} rho": "正式房间的查询至少花费 {} rho",
    "the agreement allows {} questions": "协议允许 {} 次查询",
    "the job is for another room": "该任务属于另一个房间",
    "the question names an agreement other than the one in force: ask it again": (
        "该查询所指的不是现行协议：请重新提交"
    ),
    "the job names different datasets": "该任务涉及其他数据集",
    "the two datasets were not uploaded for each other": "这两个数据集不是为彼此上传的",
    "the room does not allow the template {}": "房间不允许模板 {}",
    "the agreement lists other purposes: {}": "协议列出的是其他用途：{}",
    "the question names two purposes": "该查询有两个用途",
    "{} was agreed as {} by {}": "{0} 由 {2} 约定为 {1}",
    "the dataset is another party's": "该数据集属于另一方",
    "the agreement allows no rows of {} under {}": "协议不允许 {} 的行以 {} 加密",
    "a row holds {} measures at most": "一行最多有 {} 个指标",
    "the agreement allows {} rows": "协议允许 {} 行",
    "{} joins audiences, which have one row per person, not events": (
        "{} 联合每人一行的受众，而不是事件"
    ),
    "a room without noise has no rho": "没有噪声的房间没有 rho",
    "a job may spend at most {} rho": "一个任务最多花费 {} rho",
    "the agreement has no dataset {} of {}": "协议中没有 {1} 的数据集 {0}",
    "the agreement has no label {} of {}": "协议中没有 {1} 的标签 {0}",
    "measure {} of {} differs from what was agreed": "{1} 的指标 {0} 与约定不同",
    "{} may not receive results about {}": "{} 不得接收关于 {} 的结果",
    "the agreement does not allow the label {}": "协议不允许标签 {}",
    "the {} sends {} {} for this job, whatever its file holds": (
        "该任务中{}发送 {} 个 {}，与其文件内容无关"
    ),
    "the agreement does not allow the measure {}.{}": "协议不允许指标 {}.{}",
    "{} has not granted {}": "{} 没有授予 {}",
    "retention: messages are kept no longer than the answers.": (
        "retention：消息的保存期不长于结果。"
    ),
    "a side of this grant has left the room": "该授权的一方已离开房间",
    "the agreement has no such grant of serving": "协议中没有这样的在线查询授权",
    "Serving is granted by the room's brand to a platform of the room.": (
        "在线查询由房间的品牌授予房间的平台。"
    ),
    "{} has no audience {} to serve from.": "{} 没有可提供在线查询的受众 {}。",
    "People of {} have several identifiers: none is served.": (
        "{} 的人有多种标识，不能提供在线查询。"
    ),
    "{} may receive nothing about {}.": "{} 不得接收关于 {} 的任何内容。",
    "{} has no label {} to serve.": "{} 没有可提供在线查询的标签 {}。",
    "Serving names a value twice.": "在线查询中有取值重复。",
    "Serving without a label has one value, the name of the audience.": (
        "没有标签的在线查询只有一个取值，即受众名称。"
    ),
    "Serving has a purpose.": "在线查询须有用途。",
    "Serving ends with the room at the latest.": "在线查询最迟与房间同时结束。",
    "The least audience of serving must be at least k and at most its table size.": (
        "在线查询的最小受众至少为 k，至多为表格大小。"
    ),
    "The conditions of serving are not in canonical form.": "在线查询的条件不是规定的唯一写法。",
    "the publication is for another room": "该发布属于另一个房间",
    "only the party that granted serving publishes under it": "只有授予在线查询的一方可据此发布",
    "this grant of serving was withdrawn": "该在线查询授权已被撤回",
    "the next publication is {}": "下一次发布编号为 {}",
    "the grant is for a different dataset": "该授权针对另一个数据集",
    "only the party that granted serving withdraws it": "只有授予在线查询的一方可将其撤回",
    "only the two sides of a grant tally it": "只有授权的双方对其计数",
    "this minute, or a later one, was tallied before": "该分钟或更晚的分钟已经计数",
    "nothing was served in that minute": "该分钟没有提供任何查询",
    "the other side counted a different number": "另一方的计数不同",
    "the quota of questions is used up": "询问限额已用完",
    "A grant of serving, and no other, has terms of serving.": (
        "只有在线查询的授权才有在线查询的条款。"
    ),
    "{} has no label {} to choose people by.": "{} 没有可用于选人的标签 {}。",
    "it is for another room": "它属于另一个房间",
    "the standing question names an agreement other than the one in force: declare it again": (
        "该定期查询所指的不是现行协议：请重新声明"
    ),
    "{} is not asked by itself: it needs an earlier answer, or a hub": (
        "{} 不能单独定期提交：它需要先前的结果或枢纽"
    ),
    "the room expires before the last run of the standing question": (
        "房间在定期查询最后一次运行之前到期"
    ),
    "two parties have {} standing questions at most": "两方之间最多有 {} 个定期查询",
    "the standing question has no such run": "该定期查询没有这次运行",
    "the job differs from what the standing question asks": "该任务与定期查询的内容不同",
    "the run is not due, or was missed": "该次运行尚未到期，或已错过",
    "the run is not about the newest aligned versions": ("该次运行涉及的不是已对齐的最新版本"),
    "The first run of a standing question lies in the past.": "定期查询的首次运行已在过去。",
    "the job is a run of no standing question, or of another one": (
        "该任务不是任何定期查询的运行，或属于另一个"
    ),
    "{} does not lead to {}": "{} 不能转为 {}",
}
