"""Chinese of refusals by a party's agent, under the English."""

from __future__ import annotations

from typing import Final

REFUSALS: Final = {
    "the mediator has not yet signed what it deleted": "中介方尚未签署其删除的内容",
    "This party holds no segment from that job.": "本方没有该任务的人群包。",
    "This party holds no model from that job.": "本方没有该任务的模型。",
    "The expansion must be 1 to {} per cent of the base.": "扩展比例为基准人群的 1% 至 {}%。",
    "These people have several identifiers, which do not fit on one line.": (
        "这些人有多种标识，无法写在同一行。"
    ),
    "Write a .csv file, which has a column for each kind.": (
        "请写成 .csv 文件，其中每种标识各占一列。"
    ),
    "This line does not record an action.": "这不是可执行的动作。",
    "Name either a command or an address.": "请只填写命令或地址之一。",
    "{} is not a condition.": "{} 不是条件。",
    'Write "total.people < 1000".': '请写成 "total.people < 1000"。',
    "The answer has no number called {}.": "结果中没有数字 {}。",
    "The command ended with {}.": "命令以 {} 结束。",
    "The address answered {}.": "该地址的应答为 {}。",
    "{} is not a program on this machine.": "{} 不是本机上的程序。",
    "Write its full path, starting with /.": "请填写从 / 开始的完整路径。",
    "{} is not on this machine, and nothing about an answer may leave it.": (
        "{} 不在本机上：与结果有关的内容不离开本机。"
    ),
    "Write http://127.0.0.1:PORT/PATH, and let the program that listens there pass it on.": (
        "请写 http://127.0.0.1:PORT/PATH，由在该处监听的程序继续处理。"
    ),
    "the room does not allow the alignment profile {}": "房间不允许对齐方式 {}",
    "an alignment has {} attempts, not {}": "一次对齐共有 {} 次尝试，而不是 {} 次",
    "{}'s agent does not join the alignment.": "{} 的代理没有加入对齐。",
    "attempt {} was already made": "第 {} 次尝试先前已经进行",
    "Dataset {} is not in alignment {}.": "数据集 {} 不在对齐 {} 中。",
    "Part {} of the alignment holds other people.": "对齐的第 {} 部分属于另一些人。",
    "The peer's agent has stopped responding.": "另一方的代理没有应答。",
    "the question names an agreement that is not in force": "该查询所指的协议没有生效",
    "the question names an agreement other than the one in force": "该查询所指的协议不是现行协议",
    "{} is not a member of the room now": "{} 现在不是房间的成员",
    "the amendment removes this member, so only the others decide": (
        "该修订移出本成员，由其他成员决定"
    ),
    "this party ended the amendment itself": "本方自己终止了该修订",
    ("You have signed another amendment, {}, which has not ended in the log: decline it first."): (
        "您已签署另一份修订 {}，而日志尚未记录其结束：请先拒绝那一份。"
    ),
    "this party has not approved the job": "本方没有批准该任务",
    "{} ended without an answer {} times.": "{} 已有 {} 次没有得到结果。",
    "Rename it.": "请换一个名称。",
    "The job is {}; this party has no result from it.": "任务状态为 {}，本方没有它的结果。",
    "An alignment joins datasets of one {}, not of {}.": (
        "一次对齐只涉及一个{}的数据集，而不是 {} 的。"
    ),
    "Align with them one at a time.": "请先后与各方对齐。",
    "The file has no job {} (has: {}).": "文件中没有任务 {}（已有：{}）。",
    "No single version of {} is aligned with all the others.": (
        "{} 没有一个版本与其他各方都已对齐。"
    ),
    "Align it with each of them: cleanroom align BRAND_DATASET PLATFORM_DATASET": (
        "请与各方分别对齐：cleanroom align BRAND_DATASET PLATFORM_DATASET"
    ),
    "The answer cannot be read any more: its agreed retention period is over.": (
        "结果的约定保存期限已满，不能再读取。"
    ),
    "Formats are {}.": "格式有：{}。",
    "A list for {} holds {}, not these identifiers.": "{} 的名单须为 {}，而不是这些标识。",
    "These are hashes of {}; {} takes hashes of {}.": (
        "这些是 {} 的哈希，而 {} 接受的是 {} 的哈希。"
    ),
    "Upload a dataset whose profile is the platform's.": "请上传一个规范与平台一致的数据集。",
    "A file for {} ends with {}.": "{} 的文件须以 {} 结尾。",
    "These are SHA-256 of {}, which {} does not take.": "这些是 {} 的 SHA-256，{} 不接受。",
    "Upload a dataset whose identifiers are not hashed.": "请上传标识未经哈希的数据集。",
    "{} is your own name.": "{} 是您自己的名称。",
    "You know {} by different keys: {}; this card has {}.": (
        "您所知的 {} 使用其他密钥：{}；该名片上是 {}。"
    ),
    (
        "Ask them by telephone whether they replaced their keys; if so, run: cleanroom party"
        " trust FILE --replace"
    ): ("请打电话询问对方是否更换了密钥；如是：cleanroom party trust FILE --replace"),
    "Give one card for each other member of the room, and no others.": (
        "请为其他每个成员各提供一张名片，不要多给。"
    ),
    "You have no card of {}, and what the mediator shows does not prove whose keys these are.": (
        "您没有 {} 的名片，中介方所示不能作为证明。"
    ),
    (
        "Have {} send you its card.json, compare the fingerprints by telephone, and give it with"
        " --card FILE"
    ): ("请让 {} 把 card.json 发给您，打电话核对指纹，并用 --card FILE 指定"),
    "{} is not one of your datasets in this room.": "{} 不是您在此房间的数据集。",
    "{} has no dataset {} ready in this room.": "{} 在此房间没有就绪的数据集 {}。",
    "{} does not declare the values of {}: in a live room others would see how many occur.": (
        "{} 没有声明 {} 的取值：在正式房间中他方会看到出现了多少种。"
    ),
    "Add this to its section, with every value that may ever occur: {}": (
        "请写入其小节，列出可能出现的所有取值：{}"
    ),
    "{} has no usable rows.": "{} 没有可用的行。",
    "The agreement lets nobody's data be joined with {}.": "协议不允许任何一方的数据与 {} 联合。",
    "{} has no delegation to you in force.": "{} 没有给您有效的授权代理。",
    "Ask it to run: cleanroom delegation grant": "请其运行：cleanroom delegation grant",
    "the brand signed no such delegation": "品牌没有签署这样的授权代理",
    "You signed no such delegation in this room.": "您在此房间没有签署这样的授权代理。",
    "this party signed no such delegation": "本方没有签署这样的授权代理",
    "the delegation was taken back": "该授权代理已被收回",
    "{} has no result {} of these datasets": "{} 没有这些数据集的结果 {}",
    (
        "{} was asked with a different {} from {}: answers to different questions do not make a"
        " trend"
    ): ("{} 的 {} 与 {} 不同：不同查询的结果不构成趋势"),
    "what was kept for the question is deleted": "该查询所保存的内容已被删除",
    "this party ended the {} {} itself": "本方自己终止了该 {} {}",
    "This party has no dataset in any room.": "本方在任何房间都没有数据集。",
    "It contains no identifiers.": "其中没有标识。",
    "Everybody in this file asked to be erased.": "此文件中的每个人都要求删除。",
    "This is not an identifier of {}.": "这不是 {} 的标识。",
    "Write one identifier per line, as in your data, without a header.": (
        "请每行写一个标识，与您数据中的写法相同，不要表头。"
    ),
    "{} is not an address of a mediator.": "{} 不是中介方的地址。",
    "Write https://rooms.example": "请写成 https://rooms.example",
    "{} already holds a party's keys.": "{} 已保存了某一方的密钥。",
    "{} was only half made.": "{} 只建立了一半。",
    "Make it again with: cleanroom party init": "请重新建立：cleanroom party init",
    "{} never had the keys on this card of {}.": "{} 从未有过 {} 这张名片的密钥。",
    "{} cannot be a party's name.": "{} 不能作为一方的名称。",
    "Use letters, digits, . : _ and -, beginning with a letter or a digit.": (
        "请使用字母、数字和 . : _ -，并以字母或数字开头。"
    ),
    "{} does not exist.": "{} 不存在。",
    "The mediator at {} does not answer ({}).": "中介方 {} 没有应答（{}）。",
    "{} has no day.": "{} 没有日期。",
    "Write 2026-06-01T12:30:00Z.": "请写成 2026-06-01T12:30:00Z。",
    "{} has no offset.": "{} 没有时区偏移。",
    "Write 2026-06-01T00:00:00Z.": "请写成 2026-06-01T00:00:00Z。",
    "No {} {} on these two datasets has been answered.": "这两个数据集上没有已得到结果的 {} {}。",
    "Ask {} first.": "请先提交 {}。",
    "The question is between other members of the room.": "该查询在房间的其他成员之间进行。",
    "The people are those of the earlier question.": "人群以先前的查询为准。",
    "Leave {} out.": "请不要填写 {}。",
    "Your card in the amendment differs from the one in your home.": (
        "该修订所含的名片与您本地的名片不同。"
    ),
    "You have signed to join this room by another amendment, {}: decline that first.": (
        "您已签署另一份加入此房间的修订 {}：请先拒绝那一份。"
    ),
    "{} different shares are needed.": "需要 {} 份不同的分片。",
    "The shares do not come from one split of one party's key.": (
        "这些分片不是同一方密钥的同一次拆分。"
    ),
    "The home's key does not match its card.": "本地密钥与名片上的密钥不同。",
    "The passphrase has fewer than {} characters.": "口令少于 {} 个字符。",
    "Use several random words.": "请使用几个随机的词。",
    "Rooms still depend on the current keys: {}.": "仍有房间依赖现有密钥：{}。",
    (
        "Close each with: cleanroom room close --room ROOM --reason WHY; or wait until it expires."
    ): "请逐个关闭：cleanroom room close --room ROOM --reason WHY；或等待其到期。",
    "{} is not a party's home.": "{} 不是任何一方的本地目录。",
    "The keys are being replaced by another command.": "另一条命令正在更换密钥。",
    "{} is not a column of stages: its values must be {}, or O": (
        "{} 不是阶段列：其取值须为 {} 或 O"
    ),
    "the room's agents align nothing by themselves": "此房间的代理不会自行对齐",
    "{} was never uploaded from here.": "{} 从未在此上传。",
    "Run: cleanroom dataset upload": "请运行：cleanroom dataset upload",
    "{} no longer describes a dataset {}.": "{} 中不再有数据集 {} 的描述。",
    "{} has no version that is ready.": "{} 没有就绪的版本。",
    "an amendment removed this party from the room": "一份修订已将本方移出房间",
    "You did not ask this question.": "这不是您提交的查询。",
    "The conditions or private parameters take more than {} bytes.": "条件或私密参数超过 {} 字节。",
    "Name fewer values, or name the others with not in.": "请减少取值，或用 not in 列出其余取值。",
    "{} is not a member of the room.": "{} 不是房间的成员。",
    "Name one of: {}.": "请填写以下之一：{}。",
    "The agreement has no dataset {} of {}.": "协议中没有 {1} 的数据集 {0}。",
    "{}: {} is {} in the agreement and {} in your file.": (
        "{}：{} 在协议中为 {}，在您的文件中为 {}。"
    ),
    "{}: the agreement has different {} from your file: {}.": "{}：协议中的{}与您的文件不同：{}。",
    "The question does not say what its answer is for.": "该查询没有说明其结果的用途。",
    "Name one as its purpose: {}.": "请以下列之一作为用途：{}。",
    "This is not the question that was shown.": "这不是刚才展示的那个查询。",
    "retention: give a time for each of {}.": "retention：须说明 {} 保存多久。",
    "{}: {} is not a duration.": "{}：{} 不是时长。",
    'Write "90d", "12h" or "2w".': '请写成 "90d"、"12h" 或 "2w"。',
    "{}: there is no template {}.": "{}：没有模板 {}。",
    "{}: two jobs have the same name.": "{}：有两个任务同名。",
    "{}: job {}: receiver: {} is neither a side nor a party of this file.": (
        "{}：任务 {}：receiver：{} 既不是本文件中的一侧，也不是一方。"
    ),
    "The file does not say whether {} is a brand or a platform.": (
        "文件没有说明 {} 是品牌还是平台。"
    ),
    'Write it down for each of them: [parties] and {} = { role = "brand" }.': (
        '请逐一写明：[parties] 以及 {} = { role = "brand" }。'
    ),
    "{}: The file is nested too deeply.": "{}：文件嵌套过深。",
    "{}: job {}: {} has no dataset {}.": "{}：任务 {}：{} 没有数据集 {}。",
    "{}: policy.{}": "{}：policy.{}",
    "{}: the file has no job {}.": "{}：文件中没有任务 {}。",
    "{}: jobs.{}: {}": "{}：jobs.{}：{}",
    "{}: segment {}: {}": "{}：人群条件 {}：{}",
    "job {}: {}": "任务 {}：{}",
    "The file's segments: {}.": "文件中的人群条件：{}。",
    "You have not signed the room {}.": "您没有签署房间 {}。",
    "See: room sign": "参见：room sign",
    "You have signed this room; it can only be closed.": "您已签署此房间，只能将其关闭。",
    "Your card in the agreement differs from the one in your home.": (
        "该协议所含的名片与您本地的名片不同。"
    ),
    "You have declined this room.": "您已拒绝此房间。",
    "Have another one proposed.": "请让对方另提一个房间。",
    "You have not signed a room.": "您尚未签署任何房间。",
    "See what is waiting for you: cleanroom room list": "查看待您处理的事项：cleanroom room list",
    "{} rooms match; you have signed: {}.": "有 {} 个房间符合；您已签署：{}。",
    "Give --room.": "请给出 --room。",
    "An auditor has no data in a room.": "审计方在房间中没有数据。",
    "the run is about different datasets": "该次运行涉及其他数据集",
    "the run is not due yet": "该次运行尚未到期",
    "this run is already another job": "该次运行已是另一个任务",
    "the run asks something else than the standing question": "该次运行的内容与定期查询不同",
    "this party agreed to no such standing question": "本方没有同意这样的定期查询",
    "The file has several [[standing]] for the job {}.": "文件中任务 {} 有多个 [[standing]]。",
    "The end is before the first run.": "结束时间早于首次运行。",
    "A question of a hub cannot be a standing question.": "枢纽查询每次只能单独提交。",
    "Run: job submit": "请运行：job submit",
    "Only the {} can ask this question.": "该查询由{}提交。",
    "'{}' is not a time.": "“{}”不是时间。",
    "Write 2026-06-01 or 2026-06-01T12:00:00Z.": "请写成 2026-06-01 或 2026-06-01T12:00:00Z。",
    "A segment's name has 1 to {} printable characters.": (
        "人群条件的名称为 1 至 {} 个可打印字符。"
    ),
    "No segment {} is saved for this room (saved: {}).": (
        "此房间没有保存人群条件 {}（已保存：{}）。"
    ),
    "the agreement does not allow the label {}; it allows {}": "协议不允许标签 {}；允许的有 {}",
    "A segment has at least one condition.": "人群条件至少含一个条件。",
    "where: {} does not declare {}.": "where：{} 没有声明 {}。",
    "It has: {}.": "已有：{}。",
    "this party has no such grant of serving": "本方没有授予这样的在线查询",
    "nothing has been published": "尚未发布任何内容",
    "a question is about 1 to {} people": "一次询问涉及 1 至 {} 人",
    "the request is not authenticated": "请求未通过验证",
    "no time was left to ask": "已没有剩余时间提问",
    "the counts have been in use for too long": "计数文件被占用过久",
    "nothing can be counted: {}": "无法计数：{}",
    "this grant of serving has ended": "该在线查询授权已结束",
    "the mediator has not confirmed the grant in too long": "中介方过久没有确认该授权",
    "the room is {}": "房间状态为 {}",
    "this grant was withdrawn": "该授权已被撤回",
    "the served dataset was withdrawn": "提供在线查询的数据集已被撤回",
    "the platform has not confirmed the counts": "平台没有确认计数",
    "refresh comes before the first question": "首次询问之前须先 refresh",
    "The brand's server does not answer: {}.": "品牌的服务没有应答：{}。",
    "identifier {} is none of {}": "标识 {} 不属于 {}",
    "the quota of this {} is used up": "该 {} 的限额已用完",
    "the question was asked before": "该询问先前已经提出",
    "serving was halted by {}": "在线查询已被 {} 停止",
    "the minute of this question is over": "该询问所在的分钟已结束",
    "the audience is smaller than the {} people of the grant": "受众少于该授权规定的 {} 人",
    "The audience does not fit into a table of {} people.": "受众超出 {} 人的表格。",
    "{} cannot have the label {}.": "{} 不能有标签 {}。",
    "the mediator shows publication {}, not {}": "中介方显示的是第 {} 次发布，而不是第 {} 次",
    "the question is cut short": "该询问被截断",
    "the other side approves it": "须由另一方批准",
    "A standing question is asked by the party whose data it is about.": (
        "定期查询由数据所属的一方提交。"
    ),
    "The room has no standing question {}.": "房间中没有定期查询 {}。",
    "The standing question is between other members of the room.": (
        "该定期查询在房间的其他成员之间进行。"
    ),
    "These rows were deleted: their agreed retention period is over.": (
        "这些行已按协议规定的期限保存，现已删除。"
    ),
    "Send the next version: cleanroom dataset refresh": "请发送下一版本：cleanroom dataset refresh",
    "The passphrase is empty.": "口令为空。",
    "Set CLEANROOM_PASSPHRASE.": "请设置 CLEANROOM_PASSPHRASE。",
    "{} asks for a stretch that is not in use.": "{} 要求的口令强化参数未在使用。",
    "Make one with: cleanroom party init": "请建立：cleanroom party init",
    "{} is damaged.": "{} 已损坏。",
    "Put back the newest copy of this home.": "请恢复此主目录的最新副本。",
    (
        "This party has signed more in this room than this home knows of, so it can sign nothing"
        " here from this home. If a copy of the home signed it, use that one; otherwise another"
        " member has to close the room."
    ): (
        "本方在该房间中的声明多于此主目录所知，因此无法由此主目录再作声明。若主目录的某个副本曾作声明，"
        "请使用该副本；否则须由其他成员关闭该房间。"
    ),
    "{} is not a share: {}": "{} 不是密钥份额：{}",
    "{} is missing or damaged.": "{} 缺失或已损坏。",
    "Put back a copy of it, or open the home with two shares: cleanroom party recover": (
        "请用副本恢复该文件，或用两份密钥份额打开主目录：cleanroom party recover"
    ),
    "The passphrase is not UTF-8.": "口令不是 UTF-8 编码。",
    "Give it from a terminal that uses UTF-8.": "请在使用 UTF-8 编码的终端中输入。",
    "The passphrase does not open this home.": "口令不能打开此目录。",
    "Set CLEANROOM_PASSPHRASE to the one given at party init.": (
        "请将 CLEANROOM_PASSPHRASE 设为 party init 时的口令。"
    ),
    "{} was cut short.": "{} 被截断。",
    "{} was changed or belongs to another home.": "{} 被改动过，或属于另一个目录。",
}
