# ruff: noqa: E501
"""Words of rows that are probably not meant to count: sentences that the file's owner alone reads."""

from __future__ import annotations

from typing import Final

ROW_CONCERNS: Final[dict[str, tuple[str, str]]] = {
    "concern.undone": (
        "{rows:,} of {of:,} rows have {declared} in {column}, first {place}: they count like all"
        ' others. Say which values count: keep = {{ "{column}" = [...] }} in the room file (with all of them if these'
        " count, too), or leave such rows out of the export.",
        "{of:,} 行中有 {rows:,} 行在列 {column} 中为 {declared}，首次出现在{place}：它们与其他行一样计入。"
        '请在房间文件中写明哪些取值计入：keep = {{ "{column}" = [...] }}（若这些行也应计入，则列出全部取值），或导出时剔除。',
    ),
    "concern.codes": (
        "{rows:,} of {of:,} rows have codes in {column} ({declared}), whose name says that they tell which rows count,"
        ' first {place}: all count alike. Which of these count? Say it: keep = {{ "{column}" = [...] }} in the room file'
        " (with all of them if all do).",
        "{of:,} 行中有 {rows:,} 行在列 {column} 中为代码（{declared}），按列名它们说明哪些行计入，首次出现在{place}：目前全部计入。"
        '哪些应计入？请在房间文件中写明：keep = {{ "{column}" = [...] }}（若全部计入则列出全部）。',
    ),
    "concern.filled": (
        "{rows:,} of {of:,} rows have something in {column}, which is not read, first {place}: were they undone, or paid"
        ' back in part? They count like all others. To leave them out: keep = {{ "{column}" = [""] }} in the room file'
        ' (or ["", "0", "0.00"] as the column has it); else subtract before you export.',
        "{of:,} 行中有 {rows:,} 行在未读取的列 {column} 中有内容，首次出现在{place}：它们是否已撤销或部分退款？它们与其他行一样计入。"
        '若要剔除，请在房间文件中写 keep = {{ "{column}" = [""] }}（或按该列写法 ["", "0", "0.00"]）；否则请先扣减再导出。',
    ),
    "concern.sites": (
        "{rows:,} of {of:,} rows are of shops in several countries by {column} ({declared}), first {place}, each with its"
        " currency, and its local times: amounts of several currencies are added up. Convert the amounts, or give each"
        ' shop a dataset: keep = {{ "{column}" = [...] }} in the room file (with all of them if the currency is one).',
        "按列 {column}，{of:,} 行中有 {rows:,} 行属于多个国家或地区的站点（{declared}），首次出现在{place}，各站点的货币和当地时间不同："
        '不同货币的金额会相加。请换算金额，或每个站点单独一个数据集：房间文件中写 keep = {{ "{column}" = [...] }}（若货币相同则列出全部）。',
    ),
    "concern.kinds": (
        "{rows:,} of {of:,} rows are events of several kinds by {column}, which is not read ({declared}), first {place}: each"
        ' counts. Say which are meant: keep = {{ "{column}" = [...] }} in the room file (with all of them if all are).',
        "按未读取的列 {column}，{of:,} 行中有 {rows:,} 行分属多种事件（{declared}），首次出现在{place}：每种都计入。"
        '请写明哪些计入：房间文件中写 keep = {{ "{column}" = [...] }}（若全部计入则列出全部）。',
    ),
    "concern.unmet": (
        "{rows:,} of the {of:,} values that keep names for {column} occur in no row: {declared}."
        " Are they misspelt? Upper and lower case matter.",
        "keep 为 {column} 列出的 {of:,} 个取值中有 {rows:,} 个未在任何行出现：{declared}。是否拼写有误？大小写须一致。",
    ),
    "concern.capped": (
        "The file has exactly {rows:,} rows, and many programs export no more at once: were the rows beyond them lost? Compare"
        " the number with what the program shows, and export the rest by smaller spans of time, or from the source.",
        "此文件恰有 {rows:,} 行，而许多程序一次最多导出这么多：其后的行是否丢失？请与程序显示的行数核对，并按更短的时间段分次导出其余的行，"
        "或直接从数据源导出。",
    ),
    "concern.openids": (
        "{rows:,} of the {of:,} values of {column} are WeChat's openids of another app than most, by their first six"
        " letters, or unionids, such as {declared}, first {place}: a person has another openid in each app, and counts once"
        " in each. Export unionids alone, or give each app a dataset.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个按前六位看是另一应用（公众号或小程序）的微信 openid，或为 unionid，如 {declared}，首次出现在{place}："
        "同一人在每个应用的 openid 都不同，会各算一人。请只导出 unionid，或每个应用单独一个数据集。",
    ),
    "concern.old-ages": (
        "{rows:,} of {of:,} cells of {column} are {declared}, first {place}: programs write so for an age or a day that they"
        " do not know. Leave such cells empty: else they are a group of their own, or in the first or the last one.",
        "{column} 的 {of:,} 个单元格中有 {rows:,} 个为 {declared}，首次出现在{place}：程序常以此表示未知的年龄或日期。"
        "请将其留空，否则它们自成一组，或落入第一组或最后一组。",
    ),
    "concern.placeholders": (
        "{rows:,} of {of:,} rows have a value for {column} that is often typed where there is none: {declared} ({places})."
        " People who share it count as one. Leave such values out with nulls in the room file.",
        "{of:,} 行中有 {rows:,} 行的 {column} 像是没有值时随手填的：{declared}（{places}）。"
        "共用它的人会算作一人。请在房间文件中用 nulls 剔除。",
    ),
    "concern.for-tests": (
        "{rows:,} of {of:,} rows have a value for {column} that programs give to tests and samples (lead forms of Meta and"
        " Google, sandboxes of PayPal, Mercado Pago and Alipay, HubSpot): {declared} ({places}). They count as people. Remove"
        " such rows, or leave the values out with nulls in the room file.",
        "{of:,} 行中有 {rows:,} 行的 {column} 是程序的测试或示例数据所用的值（Meta、Google 的线索表单，PayPal、Mercado Pago、支付宝的沙箱，"
        "HubSpot）：{declared}（{places}）。它们被当作人计入。请删除这些行，或在房间文件中用 nulls 剔除。",
    ),
    "concern.encoding": (
        "{rows:,} of {of:,} rows are not in UTF-8, first {place}: by what stands in {column}, they look like {declared}."
        " Refunds, cancellations and the like in such cells are not noticed, and count like all others. Save the whole file as UTF-8; if two exports were put together, each of them before that.",
        "{of:,} 行中有 {rows:,} 行不是 UTF-8，首次出现在{place}：从 {column} 的内容看像是 {declared}。这些单元格中的退款、取消等"
        "无法识别，会与其他行一样计入。请将整个文件另存为 UTF-8；若由两份导出拼接而成，请先各自转换再拼接。",
    ),
    "concern.spoilt": (
        "{rows:,} of {of:,} rows have damaged bytes, or letters of another encoding than UTF-8, in {column}, first {place}: what"
        " they say of their rows is not noticed. Export them as UTF-8.",
        "{of:,} 行中有 {rows:,} 行的 {column} 有损坏的字节或不是 UTF-8 的字符，首次出现在{place}：其中关于该行的说明无法识别。请以 UTF-8 导出。",
    ),
    "concern.test-members": (
        "{rows:,} of the {of:,} values of {column} are called tests, such as {declared}, first {place}: they count as people."
        " Remove such rows, or leave the values out with nulls in the room file.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个名为测试，如 {declared}，首次出现在{place}：它们被当作人计入。请删除这些行，或在房间文件中用 nulls 剔除。",
    ),
    "concern.closed": (
        "{rows:,} of the {of:,} values of {column} say that the account was closed (_del, _deleted, _已注销), such as {declared},"
        " first {place}: they match nobody, and whoever has rows from before, without that word, counts as two people. Take"
        " the word off, or remove such rows.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个写明账号已注销（_del、_deleted、_已注销），如 {declared}，首次出现在{place}："
        "它们匹配不到任何人；同一人此前没有该后缀的行会算作另一人。请去掉后缀，或删除这些行。",
    ),
    "concern.for-show": (
        "{rows:,} of {of:,} rows say in {column}, which is not read, that they are no real orders (刷单, 补单, 空包, test order),"
        " first {place}: they count like all others. Leave them out before you export.",
        "{of:,} 行中有 {rows:,} 行在未读取的列 {column} 中写明并非真实订单（刷单、补单、空包、测试单），首次出现在{place}：它们与其他行一样计入。请在导出前剔除。",
    ),
    "concern.lent": (
        "{rows:,} of {of:,} rows have in {column} the extension of a number that a platform lends for a delivery (张三[1234],"
        " 分机号), or such a number, first {place}: if {declared} has these numbers, several people share one, and it is nobody's"
        " for long. Export the people's own numbers, or identify them by another column.",
        "{of:,} 行中有 {rows:,} 行的 {column} 含有平台为配送分配的虚拟号或其分机号（张三[1234]、分机号），首次出现在{place}：若 {declared} 中是这种号码，"
        "则多人共用一个号码，且不会长期属于任何人。请导出本人的号码，或改用其他列识别。",
    ),
}
