"""Chinese of refusals by the console itself, under the English."""

from __future__ import annotations

from typing import Final

REFUSALS: Final = {
    "The log has no such question.": "日志中没有这样的查询。",
    "The log has {} entries.": "日志共有 {} 条记录。",
    "The log has no such sizes.": "日志没有这样的长度。",
    "A report must be html or md.": "报告为 html 或 md 格式。",
    "Another report is being made. Try again in a minute.": "正在生成另一份报告，请一分钟后再试。",
    "The log is too long to be verified while a page loads.": (
        "日志过长，无法在载入页面时完成核验。"
    ),
    "Run: cleanroom audit report --out report.html": (
        "请运行：cleanroom audit report --out report.html"
    ),
    "The log has {} entries, from 0 to {}.": "日志共有 {} 条记录，编号从 0 到 {}。",
    "The bundle is of another room.": "该文件包属于另一个房间。",
    "You have not signed such a room.": "您没有签署过这个房间。",
    "There is no such question in this room.": "此房间中没有这样的查询。",
    "There is no such room file in this console's folder.": (
        "本控制台的文件夹中没有这个房间文件。"
    ),
    "This console reads single files from its folder, not {}.": (
        "本控制台只读取其文件夹中的单个文件，不读取 {}。"
    ),
    "Use the command line: cleanroom dataset upload": "请使用命令行：cleanroom dataset upload",
    "{} lies outside the folder {}.": "{} 不在文件夹 {} 内。",
    "Move it there, or use the command line.": "请将其移入该文件夹，或使用命令行。",
    "There is already a file {}.": "已有文件 {}。",
    "This field is required.": "此处必须填写。",
    "Use letters, digits, . : _ and -.": "请使用字母、数字和 . : _ -。",
    "Periods need a length and a bound for all of them together.": (
        "周期须同时有长度和所有周期的总上限。"
    ),
    "Write whole days, from 1 to 9999.": "请填写 1 至 9999 的整天数。",
    "Write a measure as: spend = 1000.00": "指标请写成：spend = 1000.00",
    "This is not a date.": "这不是日期。",
    "Give a term for all four, or for none.": "四项期限须全部填写，或全部留空。",
    "this console does not answer under that name": "本控制台不在该名称下应答",
    "another site sent this form": "该表单由另一个网站提交",
    "this form is not from this session; load the page again": (
        "该表单不属于此次会话，请重新载入页面"
    ),
    "Set CLEANROOM_PUBLIC_URL.": "请设置 CLEANROOM_PUBLIC_URL。",
    "the key was revoked": "该密钥已被吊销",
    "too many requests from one key; wait a few seconds": "同一密钥的请求过多，请等待几秒",
    "A dataset that was ticked does not go with these two.": (
        "勾选的某个数据集不能与这两个数据集一起使用。"
    ),
    "A hub is joined with at most {}.": "枢纽最多与 {} 个数据集联合。",
    "Tick one dataset of each party.": "每一方请只勾选一个数据集。",
    "The owner of the hub asks and receives.": "由枢纽的所有者提交并接收。",
    "Run: cleanroom console run": "请运行：cleanroom console run",
    "There are no aligned datasets to ask about.": "没有可供查询的已对齐数据集。",
    "This is not a number.": "这不是数字。",
    "A question over several datasets is asked once.": "涉及多个数据集的查询只能单次提交。",
    "{} does not exist.": "{} 不存在。",
    "You have no answer to this question.": "您没有该查询的结果。",
    "An answer can be read as csv, json or svg.": "结果可读取为 csv、json 或 svg。",
    "You have no two answers that differ only in their model.": "您没有两个仅模型不同的结果。",
    "A comparison can be read as csv, json or svg.": "对比可读取为 csv、json 或 svg。",
    "You have no answer to this question that spending can be planned from.": (
        "您没有可用于规划预算的该查询结果。"
    ),
    "A plan can be read as csv, json or svg.": "规划可读取为 csv、json 或 svg。",
    "This is not an amount.": "这不是金额。",
    "There is no such dataset in this room.": "此房间中没有这样的数据集。",
    "There is no such standing question in this room.": "此房间中没有这样的定期查询。",
    "scopes must include openid.": "scopes 中须有 openid。",
    "Your account has no role here.": "您的账号在此没有角色。",
    "Your account does not belong to exactly one party here.": "您的账号在此不属于唯一的一方。",
    "It is not TOML: {}.": "这不是 TOML：{}。",
    "The sign-in provider does not answer.": "登录服务没有应答。",
    "The sign-in provider is not set up correctly.": "登录服务的设置不正确。",
    "The sign-in provider does not answer as it should.": "登录服务的应答不正确。",
    "Sign-in by a provider needs Authlib.": "通过登录服务登录需要 Authlib。",
    'Run: pip install "cleanroom-two-party[people]"': (
        '请运行：pip install "cleanroom-two-party[people]"'
    ),
    "Your role does not allow this.": "您的角色不允许此操作。",
    (
        "this console still has the old keys, which were replaced after it started; stop it and"
        " run: cleanroom console run"
    ): "本控制台启动之后密钥已更换，它仍在使用旧密钥；请将其停止，再运行：cleanroom console run",
    "this sign-in link was used": "该登录链接已被使用",
}
