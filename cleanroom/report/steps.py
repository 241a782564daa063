"""Chinese of what commands say while they work, and of what a live room would refuse."""

from __future__ import annotations

from typing import Final

from cleanroom.report.console import CONSOLE
from cleanroom.words.languages import Language
from cleanroom.words.refusals import TABLE, Rows

STATE: Final = "state."

STEPS: Final[dict[str, str]] = {
    "Making up {} customers of a brand and {} users of a platform ...": (
        "正在虚构品牌方的 {} 名客户与平台方的 {} 名用户……"
    ),
    "The first time on a machine the arithmetic is compiled meanwhile.": (
        "在一台机器上首次运行时，同时编译运算代码。"
    ),
    "The made-up data: {}. Homes, results.json, audit.json: {}.": (
        "虚构的数据：{}。各方主目录、results.json、audit.json：{}。"
    ),
    "Starting the mediator; the parties are making their keys, which takes a few seconds ...": (
        "正在启动中介方；各方正在生成密钥，需要几秒……"
    ),
    "The parties are signing the room, each with a key of its own for it ...": (
        "各方正在签署房间，各用一把专用密钥……"
    ),
    "They are validating, encrypting and uploading their files ...": (
        "正在校验、加密并上传各自的文件……"
    ),
    "They are aligning their people ...": "正在对齐双方的人群……",
    "{}: usable rows {}, people {}": "{}：可用行 {}，人数 {}",
    "{}: {} of {}": "{0}：{1}/{2}",
    "encrypt": "加密",
    "upload": "上传",
    "Aligning {} by {} ...": "正在以 {1} 对齐 {0}……",
    "{}: about {} and {}.": "{}：涉及 {} 与 {}。",
    "{}/{} version {}": "{}/{} 第 {} 版",
    "{} ended without an answer before; it is now asked again as {}.": (
        "{} 此前未得到结果；现以 {} 重新提交。"
    ),
    **{
        f"{{}}: {key.removeprefix(STATE)}": f"{{}}：{chinese}"
        for key, (_, chinese) in CONSOLE.items()
        if key.startswith(STATE)
    },
    "The passphrase of the kept homes is in {}.": "所保留主目录的口令在 {}。",
    "The log verifies. Results and log: {}": "日志通过验证。结果与日志：{}",
    "Refused: {}.": "已拒绝：{}。",
    "Failed: {}.": "失败：{}。",
    "The {}'s console: {}": "{} 的控制台：{}",
    "Each link signs in once, within two minutes. Enter: new links. Ctrl-C: end.": (
        "每个链接两分钟内可登录一次。回车：新链接。Ctrl-C：结束。"
    ),
    "Send {} to the other members and to the mediator's operator.": (
        "请将 {} 发送给其他成员和中介方的运营者。"
    ),
    "Send {} to the mediator's operator: admit it, revoke the old key.": (
        "请将 {} 发送给中介方的运营者：登记它，并吊销旧密钥。"
    ),
    "{} is not here, so it was not validated.": "{} 不在此处，因此没有校验。",
    "{} is a standing question now: {} runs at most, once the other side approves.": (
        "{} 现为定期查询：对方批准后至多运行 {} 次。"
    ),
    "Approved.": "已批准。",
    "Kept.": "已保存。",
    "Nothing is notified any more.": "不再通知。",
    "{} is removed.": "{} 已删除。",
    "{} is running for {}.": "{} 正在运行，中介方为 {}。",
    "It takes part in no alignment.": "它不参与任何对齐。",
    "{}: done": "{}：完成",
    "{}: given up": "{}：已放弃",
    "joined the room {}": "已加入房间 {}",
    "an amendment removed this party from the room {}": "一份修订已将本方移出房间 {}",
    "{} does not answer; trying again until {}.": "{} 没有应答；将重试至 {}。",
    "{} is written.": "{} 已写出。",
    "{} holds the log; check it with: cleanroom audit verify {}": (
        "日志在 {} 中；核查：cleanroom audit verify {}"
    ),
    "Compare the mediator's key with your agreement: {}": "请将中介方的公钥与您的协议核对：{}",
    "{} rows left out: {} (first at {})": "略去 {} 行：{}（首行在 {}）",
    "People in {} ({}): {}": "{} 中的人数（{}）：{}",
    "People without a contact that {} takes, left out: {}.": (
        "没有 {} 所接受的联系方式而略去的人数：{}。"
    ),
    "Upload it as {}: a file for {} holds one kind of identifier.": (
        "请作为 {} 上传：{} 的文件只含一种标识。"
    ),
    (
        "{} addresses at gmail.com have lost their dots and tags in this dataset, and {} hashes"
        " addresses as their owners write them: some of these will not be found there."
    ): (
        "此数据集中有 {} 个 gmail.com 地址已去掉点和标签，而 {} 按所有者的写法计算哈希："
        "其中一些在该处将无法匹配。"
    ),
    "A live room with this file would allow every question.": "正式房间会允许此文件的全部查询。",
    "A live room with this file would refuse:": "正式房间会拒绝此文件的以下内容：",
    "{}; needed: {}": "{}；需要：{}",
    "room": "房间",
    "a new room with a later end": "一个到期时间更晚的新房间",
    "rho_per_release of {}": "rho_per_release 为 {}",
    "template {}": "模板 {}",
    "a grant of {} by {}": "{1} 的 {0} 授权",
    "label {} in the terms of {}'s {}": "{1} 的数据集 {2} 的条款中有标签 {0}",
    "measure {} in the terms of {}'s {}": "{1} 的数据集 {2} 的条款中有度量 {0}",
    "receiver {} in the terms of {}'s {}": "{1} 的数据集 {2} 的条款中有接收方 {0}",
}
"""The English with {} for what is filled in, as in ``cleanroom.words.refusals``."""

_ROWS: Final = Rows({**TABLE, **STEPS})


def step(text: str, language: Language) -> str:
    """Return what a command says while it works, in a language; what is unknown stays as it is."""
    return text if language == "en" else _ROWS.told(text) or text
