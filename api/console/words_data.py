"""Words of checking, sending and aligning data."""

from __future__ import annotations

from typing import Final

DATA: Final[dict[str, tuple[str, str]]] = {
    "upload.title": ("Upload a dataset", "上传数据集"),
    "upload.lead": (
        "Choose a dataset of a room file. It is checked on this machine before anything is sent.",
        "选择房间文件中的数据集。发送之前先在本机校验。",
    ),
    "upload.file": ("File", "文件"),
    "upload.folder": ("Room files and their data are looked for in", "房间文件及数据所在文件夹："),
    "upload.no_files": (
        "No room file yet. Put room.toml and your data into {folder} on this machine.",
        "尚无房间文件。请将 room.toml 与数据放入本机的 {folder}。",
    ),
    "upload.none_of_yours": (
        "This file describes none of your datasets.",
        "此文件未描述您的数据集。",
    ),
    "upload.no_dataset": (
        "The room file does not describe this dataset as yours.",
        "房间文件未描述您的该数据集。",
    ),
    "upload.there": ("can be checked", "可校验"),
    "upload.not_there": ("the file is missing", "缺少文件"),
    "upload.not_agreed": ("the agreement does not name it", "协议未列出"),
    "upload.missing": (
        "The file is not there. Put it there, or correct the room file.",
        "文件不存在。请放到该位置，或修改房间文件。",
    ),
    "upload.check": ("Check the file", "校验文件"),
    "upload.again": ("Check again", "重新校验"),
    "upload.check.lead": (
        "The check reads every row on this machine. Nothing is sent.",
        "校验将在本机读取每一行，不发送任何内容。",
    ),
    "upload.send": ("Encrypt and upload", "加密并上传"),
    "upload.next": ("Send the next version", "发送下一版本"),
    "upload.next.lead": (
        "Version {version} is at the mediator. What you send now follows it under the same name,"
        " whether the file changed or not, with pseudonyms and ciphertexts of its own.",
        "中介方已有第 {version} 版。现在发送的数据以同名成为下一版本，无论文件是否变化，"
        "并使用全新的化名与密文。",
    ),
    "upload.next.realign": (
        "The agents align it by themselves, and questions are then asked about it.",
        "双方代理会自动对齐，之后的查询即使用新版本。",
    ),
    "upload.next.align": (
        "Align it afterwards: questions are asked only about aligned versions.",
        "之后请进行对齐：查询仅使用已对齐的版本。",
    ),
    "upload.done": ("The dataset is at the mediator, encrypted.", "数据集已加密存放于中介方。"),
    "upload.see": ("View it", "查看"),
    "upload.leave": (
        "You may leave this page. An interrupted upload continues where it stopped when it is"
        " started again.",
        "可离开本页。中断的上传再次开始时会从中断处继续。",
    ),
    "upload.changed": (
        "Check the file first: it has not been checked as it is now, or it cannot be used.",
        "请先校验文件：当前内容未经校验，或不可用。",
    ),
    "upload.inactive": (
        "Data can be sent once every member has signed, and until the room ends.",
        "所有成员签署后、房间结束前方可发送数据。",
    ),
    "upload.step.waits": ("Waiting for another upload …", "等待其他上传完成……"),
    "upload.step.read": ("Reading: {done} rows", "读取中：{done} 行"),
    "upload.step.encrypt": ("Encrypting: {done} of {total} rows", "加密中：{done} / {total} 行"),
    "upload.step.upload": ("Sending: {done} of {total} rows", "发送中：{done} / {total} 行"),
    "erase.title": ("Erase people", "删除个人"),
    "erase.lead": (
        "For people who ask for it (GDPR article 17, PIPL article 47). They are removed from"
        " every dataset of this party in all its rooms, here and at the mediator, and left out"
        " of later files.",
        "应个人请求（GDPR 第十七条，《个人信息保护法》第四十七条）："
        "将其从本方所有房间的全部数据集中删除，包括本机与中介方；之后的文件也不再包含其人。",
    ),
    "erase.people": ("Identifiers", "标识符"),
    "erase.people.hint": (
        "One per line, as in your data, without a header. For long lists: cleanroom person"
        " erase. They stay on this machine.",
        "每行一个，与数据中的写法一致，无表头。名单较长时请用 cleanroom person erase。"
        "内容不离开本机。",
    ),
    "erase.region": ("Country of telephone numbers without +", "不带 + 的电话号码所属国家"),
    "erase.request": ("Name of this request", "请求名称"),
    "erase.request.hint": (
        "Repeating a request under the same name has no further effect. The name is not shared"
        " with anybody.",
        "同名请求只执行一次。名称不会告知任何人。",
    ),
    "erase.look": ("See how many there are", "查看命中人数"),
    "erase.there": ("of them in the newest version", "最新版本中的人数"),
    "erase.all_versions": (
        "Every version of all datasets is taken back and sent again, whoever is in it: otherwise"
        " others could tell from the log who was. Questions that run on them end.",
        "无论其中有谁，所有数据集的全部版本都会撤回并重新发送：否则他人可从日志推断其人是否在内。"
        "正在使用这些数据的查询将结束。",
    ),
    "erase.others": (
        "Others read in the log that up to {most} people asked to be erased.",
        "他人可在日志中看到：至多 {most} 人请求删除。",
    ),
    "erase.now": ("Erase {count} people", "删除 {count} 人"),
    "erase.not": ("Leave everything as it is", "不作更改"),
    "erase.again": ("First look at who is to be erased.", "请先查看要删除的人数。"),
    "erase.leave": (
        "You may leave this page. What was interrupted continues with the next erasure.",
        "可离开本页。中断的删除会在下一次删除时继续。",
    ),
    "erase.goes_on": (
        "Whatever is left to do is done with the next erasure, or by repeating the same request.",
        "未完成的部分将在下一次删除或再次提交同一请求时继续。",
    ),
    "erase.done": ("Done", "已完成"),
    "erase.versions": ("{count} versions taken back.", "已撤回 {count} 个版本。"),
    "erase.certificate": ("Certificate:", "删除证明："),
    "erase.stays": (
        "Answers that were released stay. Files outside this home are yours to clean: sources,"
        " exports, backups.",
        "已发布的结果保留。本目录以外的文件（源文件、导出、备份）请自行清理。",
    ),
    "align.title": ("Align", "对齐"),
    "align.lead": (
        "Alignment finds out which encrypted rows belong to one person, without showing anybody "
        "who that is. Questions are asked about aligned datasets.",
        "对齐用于找出哪些密文行属于同一人，而不透露其身份。查询基于已对齐的数据集。",
    ),
    "align.start": ("Align these", "开始对齐"),
    "align.used": ("{used} of {most} alignments used", "已用 {used} / {most} 次"),
    "align.no_data": (
        "Each side needs an uploaded dataset.",
        "双方都需要至少一个已上传的数据集。",
    ),
    "align.choose": (
        "Choose at least one dataset of each side.",
        "请在双方各选择至少一个数据集。",
    ),
    "align.list": ("Alignments", "对齐记录"),
    "align.profile": ("Method", "方法"),
    "align.profile.ot": ("ot: by oblivious transfer, the faster one", "ot：不经意传输，更快"),
    "align.profile.dh": ("dh: by Diffie-Hellman on a curve", "dh：椭圆曲线 Diffie-Hellman"),
    "align.joined": ("joined", "已加入"),
    "align.works": ("running", "进行中"),
    "align.follows": (
        "Both agents have to be running. This page updates itself.",
        "双方代理均须运行。页面将自动更新。",
    ),
    "alignstate.PROPOSED": ("Waiting for both agents", "等待双方代理"),
    "alignstate.RUNNING": ("Running", "进行中"),
    "alignstate.READY": ("Aligned", "已对齐"),
    "alignstate.FAILED": ("Failed", "失败"),
    "segment.title": ("The people of this segment", "人群包"),
    "segment.lead": (
        "They are known only on this machine. Write them to a file in your home to use them.",
        "名单仅在本机。写入您主目录中的文件后即可使用。",
    ),
    "segment.file": ("File", "文件"),
    "segment.expansion": ("Per cent of the base, 1 to 30", "占基准人群的百分比（1 至 30）"),
    "segment.write": ("Write the file", "写入文件"),
    "segment.name": (
        "Letters, digits, _ and -, ending in .csv (with a header) or .txt (one identifier per"
        " line)",
        "字母、数字、_ 与 -，以 .csv（含表头）或 .txt（每行一个标识）结尾",
    ),
    "segment.there": ("There is already a file of that name.", "已有同名文件。"),
    "segment.none": ("There is no such file.", "没有该文件。"),
}
