"""Chinese of refusals that commands and operators alone meet, under the English."""

from __future__ import annotations

from typing import Final

REFUSALS: Final = {
    "{} jobs in {} are called {}.": "{1} 中有 {0} 个查询任务名为 {2}。",
    "See: cleanroom job list": "请查看：cleanroom job list",
    "This party has no two answers that differ only in their model.": (
        "本方没有仅模型不同的两个结果。"
    ),
    "The receiver is brand or platform.": "接收方为 brand 或 platform。",
    "There is no passphrase.": "没有口令。",
    "Set CLEANROOM_PASSPHRASE.": "请设置 CLEANROOM_PASSPHRASE。",
    "There is no home.": "没有指定主目录。",
    "Give --home DIR or set CLEANROOM_HOME; cleanroom party init makes one.": (
        "请给出 --home 目录，或设置 CLEANROOM_HOME；cleanroom party init 可建立主目录。"
    ),
    "{} There is no terminal to answer at.": "{} 没有可供回答的终端。",
    "Give --yes.": "请加上 --yes。",
    "{} of your datasets in this room are called {}.": "您在此房间有 {} 个数据集名为 {}。",
    "The file describes no dataset of this party.": "该文件没有描述本方的数据集。",
    "Its sections start with [datasets.brand. or [datasets.platform.": (
        "其小节以 [datasets.brand. 或 [datasets.platform. 开头。"
    ),
    "The file describes no dataset {} (has: {}).": "该文件没有描述数据集 {}（已有：{}）。",
    "{} is not a day.": "{} 不是日期。",
    "Write it like 2027-01-31.": "请写成 2027-01-31 的形式。",
    "--every and --until belong together; --first goes with them.": (
        "--every 与 --until 须同时给出；--first 只能与它们一起使用。"
    ),
    "You have already approved this question.": "您已批准过该查询。",
    "{} is not empty.": "{} 不是空目录。",
    "The mediator does not say whether these rooms have ended: {}.": (
        "中介方没有说明以下房间是否已结束：{}。"
    ),
    (
        "Have another party close them, or wait until they expire; then: cleanroom party"
        " rotate --ended"
    ): ("请由另一方关闭它们，或等到其到期；然后运行：cleanroom party rotate --ended"),
    "There is no role {}.": "没有角色 {}。",
    "Choose one of {}.": "请从以下各项中选择：{}。",
    "{} is larger than {} MiB.": "{} 超过 {} MiB。",
    "'{}' is not a cost.": "“{}”不是成本。",
    "Write it like --cost Feed=1200.": "请写成 --cost Feed=1200 的形式。",
    "--cost names {} twice.": "--cost 中 {} 出现了两次。",
    "{} lacks {} grants.": "{} 缺少 {} 项授权。",
    "These are logs of different mediators, and so of different rooms.": (
        "这些日志出自不同的中介方，因此属于不同的房间。"
    ),
    "The mediator's key is needed.": "需要中介方的公钥。",
    "Give --key, or a bundle.": "请给出 --key 或审计包。",
    "Name an entry, or two sizes with --from and --to.": (
        "请指定一条记录，或用 --from 与 --to 指定两个长度。"
    ),
    (
        "--key takes the whole key of 64 digits, not a fingerprint: it is mediator_key in"
        " cleanroom room show ROOM --json."
    ): (
        "--key 须为完整的 64 位公钥，而不是指纹：即 cleanroom room show ROOM --json 中的"
        " mediator_key。"
    ),
    "{} is a bundle, not a proof.": "{} 是审计包，不是证明。",
    "Run: cleanroom audit verify {}": "请运行：cleanroom audit verify {}",
    "You may join this room by an amendment.": "您可以通过一份修订加入此房间。",
    "Read it with: cleanroom room show {}; sign it with: cleanroom room sign {}": (
        "查看：cleanroom room show {}；签署：cleanroom room sign {}"
    ),
    "{} is not a room's identifier.": "{} 不是房间的标识。",
    "Take it from: cleanroom room list; read it with: cleanroom room show ROOM": (
        "可从 cleanroom room list 中得到；查看：cleanroom room show ROOM"
    ),
    "{} rooms have the name {}.": "有 {} 个房间名为 {}。",
    "List them: cleanroom room list": "列出房间：cleanroom room list",
    "Every snapshot needs a name of its own.": "每个快照需要各自的名称。",
    "--at NAME=DATE": "请写成 --at 名称=日期。",
    "'{}' is not a date.": "“{}”不是日期。",
    "{} has no offset.": "{} 没有时区偏移。",
    "{} exists.": "{} 已存在。",
    "Choose another name, or give --force.": "请换一个名称，或加上 --force。",
    "id, time and action are three different columns.": "标识、时间和行为须为三个不同的列。",
    "A snapshot and the identifier's column are both named {}.": "某个快照与标识列同名：{}。",
    "Give the snapshot another name: --at stage=2026-06-01.": (
        "请为快照另取名称：--at stage=2026-06-01。"
    ),
    "A row has a different number of fields from the header.": "有一行的字段数与表头不同。",
    "No row can be used.": "没有可用的行。",
    "The folder {} cannot be made: {}.": "无法建立文件夹 {}：{}。",
    "{} holds files that no example wrote, and some might be replaced.": (
        "{} 中有并非由示例写入的文件，其中一些可能被替换。"
    ),
    "Name an empty or a new folder.": "请指定空的或新的文件夹。",
    "{} must be {} to {}, not {}.": "{} 须为 {} 至 {}，而不是 {}。",
    "The seed must not be negative.": "种子不得为负数。",
    "There is no language {}.": "没有语言 {}。",
    "Use {}.": "可用：{}。",
    "{} cannot be written: {}.": "{} 无法写入：{}。",
    "There is no folder {}.": "没有文件夹 {}。",
    "The table {} cannot be written: {}": "表 {} 无法写入：{}",
    "The target names a user.": "目标地址中含有用户名。",
    "Leave names and passwords to the environment.": "请将用户名和密码放在环境变量中。",
    "A database takes a table: letters, digits and _.": "数据库需要表名：字母、数字和 _。",
    "Give --table NAME.": "请给出 --table 名称。",
    "A file has no tables.": "文件中没有表。",
    "Leave --table out.": "请去掉 --table。",
    "{} does not end with {}.": "{} 的扩展名不是 {}。",
    "a trend takes two or more answers, each once": "趋势需要两个或更多结果，各一次",
    "{} has a different {} from {}": "{} 的 {} 与 {} 不同",
    "{} has different noise from {}": "{} 的噪声与 {} 不同",
    "{} has different groups from {}": "{} 的分组与 {} 不同",
    "{} does not count people by group, so it has no trend": "{} 不按分组计人数，因此没有趋势",
    "Only a job that succeeded has a picture.": "只有成功的查询任务才有图。",
    "Only results of attribution stand side by side.": "只有归因的结果可以并列。",
    "This is not an audit bundle of format {}.": "这不是 {} 格式的审计包。",
    "{} does not begin with the head of an audit bundle.": "{} 不以审计包的开头部分开始。",
    "The two checkpoints belong to different logs.": "两个检查点属于不同的日志。",
    "The entries of the log of {} are needed.": "需要长度为 {} 的日志的各条记录。",
    "Give its bundle.": "请给出其审计包。",
    "The two checkpoints belong to one log: there is no fork.": (
        "两个检查点属于同一日志：没有分叉。"
    ),
    "The sizes rise from 1 to {}, the entries of the signed log.": (
        "长度须从 1 到 {} 递增，即已签名日志的记录数。"
    ),
    "{} is not of the form {}.": "{} 不是 {} 的形式。",
    "{} jobs of the log fit '{}'.": "日志中有 {} 个查询任务与“{}”相符。",
    "The job has no release.": "该查询任务没有结果。",
    "The mediator has no release of the job.": "中介方没有该查询任务的结果。",
    "The rows of the job are gone: {}.": "该查询任务的行已不在：{}。",
    "The rows of {} are gone.": "{} 的行已不在。",
    "There is no mediator in {}.": "{} 中没有中介方。",
    "Run: init": "请运行：init",
    "there is already a mediator in {}": "{} 中已有中介方",
    "The files of {} are damaged.": "{} 的文件已损坏。",
    "Restore a backup.": "请恢复备份。",
    "CLEANROOM_{} is not what the mediator in {} was created with.": (
        "CLEANROOM_{} 与 {} 中的中介方建立时不同。"
    ),
    "Unset it: a home remembers where its state is.": "请去掉该变量：主目录记得其状态所在。",
    "{} is only partly restored.": "{} 只恢复了一部分。",
    "Empty it and run: cleanroom-server restore": "请清空它，再运行：cleanroom-server restore",
    "The database cannot be used: {}": "无法使用数据库：{}",
    "Check that it is running and that the address and the password are right.": (
        "请检查其是否正在运行，以及地址与密码是否正确。"
    ),
    "The database does not use UTF-8.": "该数据库没有使用 UTF-8。",
    "Create one: createdb -E UTF8": "请另建一个：createdb -E UTF8",
    "the database belongs to a mediator with another key; each needs its own": (
        "该数据库属于另一密钥的中介方；各中介方需要各自的数据库"
    ),
    "the database holds other rows already": "该数据库中已有其他数据",
    "The home's state is in PostgreSQL, and psycopg is missing.": (
        "该主目录的状态在 PostgreSQL 中，而没有安装 psycopg。"
    ),
    "Run: pip install 'cleanroom-two-party[postgresql]'": (
        "请运行：pip install 'cleanroom-two-party[postgresql]'"
    ),
    "The home's uploads are in an object store, and obstore is missing.": (
        "该主目录的上传内容在对象存储中，而没有安装 obstore。"
    ),
    "Run: pip install 'cleanroom-two-party[s3]'": "请运行：pip install 'cleanroom-two-party[s3]'",
}
