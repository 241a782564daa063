"""Chinese of refusals by all kinds of errors, and by libraries, under the English."""

from __future__ import annotations

from typing import Final

_SYSTEM: Final = {
    "No space left on device": "磁盘空间已满",
    "File too large": "文件超出允许的大小",
    "Disk quota exceeded": "超出磁盘配额",
    "Input/output error": "读写磁盘出错",
    "No such file or directory": "没有此文件或文件夹",
    "Permission denied": "没有访问权限",
    "Is a directory": "这是文件夹",
    "Not a directory": "这不是文件夹",
    "File exists": "已存在",
    "Read-only file system": "文件系统为只读",
    "File name too long": "文件名过长",
}
"""What the operating system refuses: a sentence, or a part of one."""

REFUSALS: Final = {
    **_SYSTEM,
    **{f"{english}.": f"{chinese}。" for english, chinese in _SYSTEM.items()},
    "What was complete is kept, and nothing half-written is used.": (
        "已完整写入的内容仍保留，写到一半的不会被使用。"
    ),
    "Make room there, and do the same again; an agent does so by itself.": (
        "请在该处腾出空间后重做；代理程序会自行重试。"
    ),
    "There are: {}.": "可用的有：{}。",
    "Did you mean {}?": "是否想写 {}？",
    "Something went wrong": "出了问题",
    "The input is not valid": "输入无效",
    "The policy refuses this": "策略不允许此操作",
    "The privacy budget does not cover this": "隐私预算不足",
    "The other side broke the protocol": "另一方违反了协议",
    "The other side cannot be reached": "无法联系另一方",
    "The request is not authenticated": "请求未通过验证",
    "The audit check failed": "审计检查未通过",
    "Not found": "没有此项",
    "The current state does not allow this": "当前状态不允许此操作",
    "A side refuses this": "一方拒绝了该查询",
    "The job has ended": "该查询已结束",
    "this sign-in link is not valid, was used, or is older than two minutes": (
        "该登录链接无效、已被使用，或已超过两分钟"
    ),
    "the provider did not confirm this sign-in, or it took too long; try again": (
        "登录服务没有确认此次登录，或耗时过长；请重试"
    ),
    "no list of the values that {} may ever have": "没有 {} 的全部可能取值的列表",
    "it costs rho {}, and {} would be left": "它消耗 rho {}，而只剩 {}",
    "This cannot be read.": "无法读取此内容。",
    "One line for each name: Hero Video = 1200. Give each name once.": (
        "每个名称一行：Hero Video = 1200。名称不得重复。"
    ),
    "One number for all measures, or a line for each: value = 500.": (
        "一个数字适用于全部度量，或每个度量一行：value = 500。"
    ),
    "it is not a column, a test (=, !=, in or not in) and what it is tested for": (
        "它不是由列、比较（=、!=、in 或 not in）和取值组成"
    ),
    "there is something after it": "其后还有多余内容",
    "a value has 1 to {} printable characters": "取值为 1 至 {} 个可显示的字符",
    "Numbers, separated by commas: 40, 20, 40.": "数字，以逗号分隔：40, 20, 40。",
    "Over several datasets only those of {}/{} can be used.": (
        "涉及多个数据集时，只能使用 {}/{} 的列。"
    ),
    "Sign-in by a provider needs the address that browsers use.": (
        "通过登录服务登录需要浏览器可访问的地址。"
    ),
    "The console of this home has not been started.": "此目录的控制台尚未启动。",
    "The two datasets are not aligned yet.": "这两个数据集尚未对齐。",
    "Run: cleanroom align {} {}": "请运行：cleanroom align {} {}",
    "the mediator answered {}": "中介方的应答为 {}",
    "nothing was done; try again": "没有执行任何操作；请重试",
    "Field required": "必须填写",
    "Extra inputs are not permitted": "不允许有此字段",
    "Input should be a valid {}": "类型不正确，应为 {}",
    "Input should be {}": "取值不正确，应为 {}",
    "String should match pattern '{}'": "写法不符合要求的格式 {}",
    "String should have at least {} character": "至少 {} 个字符",
    "String should have at least {} characters": "至少 {} 个字符",
    "String should have at most {} characters": "至多 {} 个字符",
    "Input should be greater than {}": "须大于 {}",
    "Input should be greater than or equal to {}": "须不小于 {}",
    "Input should be less than {}": "须小于 {}",
    "Input should be less than or equal to {}": "须不大于 {}",
    "Value error, {}": "{}",
    "The agreement in this file would forbid its own questions: {}": (
        "该文件的协议会禁止其自身的查询：{}"
    ),
    "{} has not granted the platform credit that the platform adds up itself": (
        "{} 没有允许平台接收由其自行汇总的归因"
    ),
    "the room {} was agreed with {}": "房间 {} 约定的是 {}",
    "this file has no category {}: nobody counts as its buyer": (
        "此文件中没有品类 {}：没有人计为其购买者"
    ),
    "this file has no step {}: unless {} records it, nobody is counted there": (
        "此文件中没有步骤 {}：除非 {} 有记录，否则该步没有人"
    ),
    "no person of this file is in the arm {}": "此文件中没有人属于实验组 {}",
    (
        "people of this file in both arms, each of whom counts in the arm of the first"
        " assignment: {}"
    ): ("此文件中同时属于两个实验组的人，各按首次分配计入：{}"),
    "this file has no impression of {} in the period: nobody counts as reached by it": (
        "此文件在该时间范围内没有 {} 的曝光：没有人计为其触达"
    ),
    "this file has no {} {}, for which a cost is given: check the spelling (it has {})": (
        "此文件的 {} 中没有填写了成本的 {}：请检查拼写（已有 {}）"
    ),
    (
        "{} and {}, which was asked about before, differ by {} {}. The noise covers that, as"
        " it covers everything, but each such pair of questions spends budget on the same"
        " few people."
    ): (
        "{} 与先前查询过的 {} 相差 {} {}。噪声已涵盖这一差异，但每一对这样的查询都在为同样的"
        "少数人花费预算。"
    ),
    "the seed, without what is held out, has {}: fewer than the {} that a model needs": (
        "除留出部分外，种子人群为 {}：少于建立模型所需的 {}"
    ),
    "{} dataset {}.": "{} 数据集 {}。",
    "Several members have a dataset {}.": "多个成员有数据集 {}。",
    "No {} of the room has a dataset {}.": "房间中没有{}有数据集 {}。",
    "Stopped.": "已停止。",
    "Another member or the mediator broke the protocol: {}.": "另一成员或中介方违反了协议：{}。",
    "Something unexpected happened ({}). Use --debug to see more.": (
        "发生了意外情况（{}）。加上 --debug 可查看更多。"
    ),
    "The home's disk or database cannot be used ({}).": "无法使用主目录所在的磁盘或数据库（{}）。",
    "Repair the disk and start again, or restore a backup.": ("请修复磁盘后重新启动，或恢复备份。"),
    "See: cleanroom dataset list": "请查看：cleanroom dataset list",
    "There is {}.": "现有 {}。",
    "Write 2026-06-01, or 2026-06-01T00:00:00Z.": (
        "请写成 2026-06-01 或 2026-06-01T00:00:00Z 的形式。"
    ),
    "This file is not an answer.": "该文件不是结果。",
    "Write one with: cleanroom job result JOB --json > answer.json": (
        "请这样写出：cleanroom job result JOB --json > answer.json"
    ),
    "Serving an assistant needs the package mcp.": "为助手提供服务需要软件包 mcp。",
    "Run: pip install mcp": "请运行：pip install mcp",
    "Only a rehearsal room can be simulated.": "只有演练房间可以模拟。",
    "rehearsal = true": "请写入 rehearsal = true。",
    "{} is left over from an earlier run; remove it first.": "{} 为先前运行所留；请先将其删除。",
    "job {}: {}: declare one profile on both sides": "查询任务 {}：{}：请在两侧声明同一规范",
    "The mediator did not start: {}": "中介方未能启动：{}",
    "If it is there already, --overwrite replaces it.": "若该表已存在，可用 --overwrite 替换。",
}
