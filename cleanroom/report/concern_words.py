# ruff: noqa: E501
"""Words of what is probably not meant in a file: sentences that its owner alone reads."""

from __future__ import annotations

from typing import Final

CONCERNS: Final[dict[str, tuple[str, str]]] = {
    "concern.unusable": (
        "{rows:,} of {of:,} rows ({share}) are unusable.",
        "{of:,} 行中有 {rows:,} 行（{share}）不可用。",
    ),
    "concern.looks-like": (
        "{column} is declared as {declared}, but {share} of its cells look like {seen}.",
        "{column} 声明为 {declared}，但 {share} 的单元格看起来是{seen}。",
    ),
    "concern.shared": (
        "{rows:,} of {of:,} rows have one identifier, {declared}: is it a placeholder?"
        " Its first row is {place}; nulls in the room file leaves it out.",
        "{of:,} 行中有 {rows:,} 行使用同一标识 {declared}：是否为占位值？"
        "首次出现在{place}；可在房间文件中用 nulls 剔除。",
    ),
    "concern.few-people": (
        "{rows:,} rows have only {of:,} different values of {column}, {declared} first at {place}: was it cut to the width"
        " of a column (A8 in SPSS, $8. in SAS), or is it no person's? Export it at its full width.",
        "{rows:,} 行的 {column} 只有 {of:,} 个不同的值，其中 {declared} 首次出现在{place}：是否按列宽截断（SPSS 的 A8、SAS 的 $8.），"
        "或并非个人的标识？请按完整宽度导出。",
    ),
    "concern.widest": (
        "Values of {column} with {of:,} letters, the most that occur, have several times more rows each than shorter ones:"
        " {declared}, first {place}, has {rows:,}. Were longer ones cut to that width (SPSS, SAS), so that several people"
        " are one? Export it at its full width.",
        "{column} 中长度为 {of:,}（最长）的值，每个的行数是较短者的数倍：{declared}（首次出现在{place}）有 {rows:,} 行。"
        "更长的值是否按列宽截断（SPSS、SAS），使多人变成一人？请按完整宽度导出。",
    ),
    "concern.many-values": (
        "{column} has {rows:,} values in {of:,} rows: most groups will be too small to show.",
        "{column} 在 {of:,} 行中有 {rows:,} 个取值：多数分组将过小而不予展示。",
    ),
    "concern.rounded": (
        "{rows:,} of the {of:,} longest numbers looked at in {column} end in zeros after 15"
        " digits, or are just those that a float of 32 or 64 bits makes of others: a spreadsheet"
        " or a program has rounded them, and made one person of several. Export them as text.",
        "{column} 中所查看的 {of:,} 个长数字有 {rows:,} 个在第 15 位之后全为零，或恰为 32 位或 64 位浮点数会写成的值（如末尾 3 个零的 19 位数）：电子表格或程序已将其舍入，多人会变成一人。请以文本格式导出。",
    ),
    "concern.rounded-labels": (
        "{rows:,} of {of:,} cells of {column} are numbers that a spreadsheet or a program has rounded to 15 digits or to a"
        " float, such as {declared}, first {place}: several values may be one now, and none is what it was. Export them as"
        " text.",
        "{column} 的 {of:,} 个单元格中有 {rows:,} 个是被电子表格或程序舍入到 15 位（或浮点数）的数，如 {declared}，首次出现在{place}："
        "多个取值可能已变成一个，且都不再是原值。请以文本格式导出。",
    ),
    "concern.differing": (
        "{rows:,} of {of:,} rows with a repeated {column} differ from the row that counts, in {declared}, first {place}: is"
        " it the key of an event? Where rows are items of an order, only the first item counts, with its label and amount.",
        "{column} 重复的 {of:,} 行中有 {rows:,} 行与计入的行不同（{declared}），首次出现在{place}：它确实是事件的唯一键吗？"
        "若各行是一个订单的各件商品，则只计入第一件及其标签和金额。",
    ),
    "concern.dates": (
        "{rows:,} of the {of:,} values of {column} look like dates, such as {declared}, first {place}:"
        " a spreadsheet makes them of values such as 3-1 or MAR1. Export them as text.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个看起来是日期，如 {declared}，首次出现在{place}："
        "电子表格会把 3-1、MAR1 之类的值变成日期。请以文本格式导出。",
    ),
    "concern.zeros": (
        "{rows:,} of the {of:,} values of {column} are another value after leading zeros, such"
        " as {declared}, first {place}: did a spreadsheet drop the zeros of one of them? They"
        " count as different.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个与另一个值只差前导零，如 {declared}，首次出现在{place}："
        "是否被电子表格去掉了前导零？它们按不同的值计。",
    ),
    "concern.cases": (
        "{rows:,} of the {of:,} values of {column} differ from another only in upper and lower"
        " case, such as {declared}, first {place}. They count as different.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个与另一个值只有大小写不同，如 {declared}，首次出现在{place}。"
        "它们按不同的值计。",
    ),
    "concern.lengths": (
        "{rows:,} of the {of:,} values of {column} are Salesforce identifiers of 15 letters, first"
        " {place}, others of 18: a record in both counts as two people. Export all of them with 18.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个是 15 位的 Salesforce 标识，首次出现在{place}，其余为 18 位："
        "同一记录的两种写法会变成两人。请全部以 18 位导出。",
    ),
    "concern.grouped": (
        "{rows:,} of the {of:,} values of {column} have points, spaces or apostrophes between"
        " thousands, such as {declared}, first {place}: the same number without them, here or on"
        " the other side, is somebody else. Export them as text without.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个带有点、空格或撇号作千位分隔，如 {declared}，首次出现在{place}："
        "同一数字若（在本文件或对方文件中）不带分隔符，即为另一人。请以不带分隔符的文本导出。",
    ),
    "concern.separators": (
        "{rows:,} of the {of:,} values of {column} differ from another only in hyphens, colons, points"
        " or spaces, or in a comma, another such sign or .0 at the end, such as {declared}, first"
        " {place}. They count as different: write them in one way, the one that the other side has.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个与另一个值只差连字符、冒号、点或空格，或只在末尾多出逗号等符号或 .0，如 {declared}，"
        "首次出现在{place}。它们按不同的值计：请统一写法，并与对方一致。",
    ),
    "concern.lookalikes": (
        "{rows:,} of the {of:,} values of {column} look like plain ones in digits or letters of another script, such as"
        " {declared}, first {place}. They count as different: write them in one script.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个看起来像普通数字或字母，但用了另一种文字，如 {declared}，"
        "首次出现在{place}。它们按不同的值计：请统一写法。",
    ),
    "concern.notes": (
        "{rows:,} of the {of:,} values of {column} read like the notes of a report, such as {declared}, first"
        " {place}: they count as people. Remove such rows.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个像是报表的备注，如 {declared}，首次出现在{place}："
        "它们被当作人计入。请删除这些行。",
    ),
    "concern.contradict": (
        "{rows:,} of the {of:,} people with several rows have more than one {column}, such as {declared}, first"
        " {place}: their first row counts. Remove the other rows if it is not the right one.",
        "在有多行的 {of:,} 人中，{rows:,} 人的 {column} 不止一个，如 {declared}，首次出现在{place}：以其第一行为准。"
        "若第一行不对，请删除其余行。",
    ),
    "concern.converted": (
        "{rows:,} of {of:,} cells of {column} look like what a spreadsheet makes of other values, such as {declared},"
        " first {place}: 5-12 becomes a date, 1E5 a number. Export them as text.",
        "{column} 的 {of:,} 个单元格中有 {rows:,} 个像是被电子表格改动过的取值，如 {declared}，首次出现在{place}："
        "5-12 会变成日期，1E5 会变成数。请以文本格式导出。",
    ),
    "concern.closing": (
        "{rows:,} of {of:,} usable rows are below a blank line or a row of empty cells, first"
        " {place}: are they people, or the last lines of a report? Remove such lines.",
        "{of:,} 个可用行中有 {rows:,} 行位于空行或全空行之下，首次出现在{place}：它们是人，还是报表的结尾行？请删除结尾行。",
    ),
    "concern.swallowed": (
        "{rows:,} of {of:,} rows continue over several lines that look like rows themselves,"
        " first {place}: is there a quote that opens a cell by mistake? The rows in such a cell"
        " are not counted.",
        "{of:,} 行中有 {rows:,} 行跨越多行，而这些行看起来本身就是数据行，首次出现在{place}："
        "是否有误写的引号？引号内的行不会计入。",
    ),
    "concern.several": (
        "{rows:,} of the {of:,} values of {column} have commas, semicolons or bars in them, such as {declared}, first"
        " {place}: are those several identifiers in one cell? Each cell counts as one person: write a row for each.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个含有逗号、分号或竖线，如 {declared}，首次出现在{place}："
        "是否一格中有多个标识？每格只算一人：请每个标识各写一行。",
    ),
    "concern.worded": (
        "{rows:,} of the {of:,} values of {column} have no digit, as nearly all others have, such as {declared}, first"
        " {place}: they count as people. Remove second headers, questions and notes, and leave words for nobody out with nulls"
        " in the room file.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个不含数字（其余几乎都有），如 {declared}，首次出现在{place}："
        "它们被当作人计入。请删除第二行表头、题目和备注，并在房间文件中用 nulls 剔除表示无此人的词。",
    ),
    "concern.repeated": (
        "{rows:,} of {of:,} rows equal another in every column that is read, first {place}: each counts. If one event may"
        " stand in the file twice, name the column that tells events apart, such as an order number, as key.",
        "{of:,} 行中有 {rows:,} 行在所读取的各列上与另一行完全相同，首次出现在{place}：每行都计入。"
        "若同一事件可能导出两次，请将能区分事件的列（如订单号）声明为 key。",
    ),
    "concern.argentine": (
        "{rows:,} of the {of:,} values of {column} are Argentine numbers without the 9 of mobiles, such as {declared}, first"
        " {place}: they count as landlines. Write a mobile as +54 9, the area code and the number.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个是没有手机前缀 9 的阿根廷号码，如 {declared}，首次出现在{place}："
        "它们按固定电话计。手机号请写作 +54 9、区号和号码。",
    ),
    "concern.lost": (
        "{rows:,} of the {of:,} values of {column} have a question mark beside a letter, such as {declared}, first {place}:"
        " it often stands for a letter that was lost, and makes one person of several. Export them as UTF-8.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个在字母旁有问号，如 {declared}，首次出现在{place}："
        "它常代表转换时丢失的字母，会把多人变成一人。请以 UTF-8 导出。",
    ),
    "concern.several-faults": (
        "{rows:,} of {of:,} rows have faults in several columns, first {place}, and are listed"
        " under the first only: fix that, and validate again.",
        "{of:,} 行中有 {rows:,} 行在多列有误，首次出现在{place}，只列出其第一个原因：请改正后再次校验。",
    ),
    "concern.end-mark": (
        "The file of {of:,} rows ends with {rows:,} Ctrl-Z (0x1A) at {place}, as programs for"
        " DOS end a file: here it is part of the last line, which cannot be read as it is meant."
        " Remove it.",
        "文件（{of:,} 行）以 {rows:,} 个 Ctrl-Z（0x1A）结束，位于{place}，这是 DOS 程序的文件结束符：在此它是最后一行中的字符，"
        "该行因此无法正确读取。请删除。",
    ),
    "concern.line-ends": (
        "The lines of {rows:,} rows end with two carriage returns and a line feed, as where Windows converts line ends twice:"
        " each is read as one, but line numbers here count two. Export with plain line ends.",
        "{rows:,} 行的行尾是两个回车加一个换行，像是在 Windows 上转换了两次：每个按一个行尾读，但此处的行号计两次。"
        "请以普通行尾导出。",
    ),
    "concern.forms": (
        "{rows:,} of the {of:,} values of {column} are written in another form than others, such as {declared}, first"
        " {place}: a prefix, braces, hyphens or capitals that others lack make two people of one. Write all in one form,"
        " the one that the other side has.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个与其他值写法不同，如 {declared}，首次出现在{place}："
        "多出的前缀、花括号、连字符或大写会把一人变成两人。请统一写法，并与对方一致。",
    ),
    "concern.outline": (
        "{rows:,} of {of:,} cells of {column} are empty, first {place}, below values that occur"
        " once each: were cells merged, or labels not repeated? They count as unknown. Fill in"
        " the value in every row.",
        "{column} 的 {of:,} 个单元格中有 {rows:,} 个为空，首次出现在{place}，其上的每个值只出现一次：是否合并了单元格，或未重复标签？"
        "它们按 unknown 计。请在每一行填写该值。",
    ),
    "concern.other-table": (
        "{place} has words where there should be numbers: is it the header of another table?"
        " {rows:,} of {of:,} usable rows are below it. Give each table a file of its own.",
        "{place}在应为数的列中是文字：它是否为另一张表的表头？{of:,} 个可用行中有 {rows:,} 行在其下方。请每张表单独成一个文件。",
    ),
    "concern.countries": (
        "{rows:,} of {of:,} rows are of other countries ({declared}) by {column}, and have a phone"
        " number without +, first {place}: it is read as one of this dataset's region, and may be somebody else's."
        " Write + and the country code, or give each country a dataset with its region.",
        "按列 {column}，{of:,} 行中有 {rows:,} 行属于其他国家或地区（{declared}），而电话号码前没有 +，首次出现在{place}："
        "它们按本数据集的 region 读，可能成为另一人的号码。请写 + 和国家代码，或每个国家单独一个数据集。",
    ),
    "concern.cut": (
        "{rows:,} row of {of:,}, the last one, {place}, seems to be incomplete: was the file cut"
        " off on its way? What is missing is not counted. Export it again, and compare the"
        " number of rows.",
        "{of:,} 行中的最后 {rows:,} 行（{place}）似乎不完整：文件传输时是否被截断？缺少的内容不会计入任何数字。"
        "请重新导出，并核对行数。",
    ),
    "concern.sheet": (
        "The file has {rows:,} lines, its header included, which is all that a sheet holds: were the rows beyond it lost?"
        " Export from the source, not through a spreadsheet.",
        "此文件连表头共 {rows:,} 行，正是一张工作表的上限：其后的行是否丢失？请直接从数据源导出，不要经过电子表格。",
    ),
    "concern.shifted": (
        "{rows:,} of {of:,} rows have cells that look as if they stood one column too far on, first {place}: is there"
        " a comma in a cell without quotes, or is a cell missing? They are read as they stand.",
        "{of:,} 行中有 {rows:,} 行的单元格看起来错开了一列，首次出现在{place}：是否有未加引号的逗号，或缺了一个单元格？"
        "它们仍按所在的列读取。",
    ),
    "concern.nothing": (
        "{rows:,} of {of:,} cells of {column} are words for no value, such as {declared}, first {place}: they count"
        " as unknown. If such a word is a value, declare it in domains.",
        "{column} 的 {of:,} 个单元格中有 {rows:,} 个是表示空值的词，如 {declared}，首次出现在{place}：按 unknown 计。"
        "若它确是取值，请在 domains 中声明。",
    ),
    "concern.maybe-nothing": (
        "{rows:,} of {of:,} cells of {column} have what often stands for no value, such as {declared}, first {place}: is that"
        " a value? If not, leave them empty.",
        "{column} 的 {of:,} 个单元格中有 {rows:,} 个的内容常表示空值，如 {declared}，首次出现在{place}：它是取值吗？若不是，请留空。",
    ),
    "concern.filled-down": (
        "{rows:,} of {of:,} cells of {column} count up row by row, each value on one row, such as {declared}, first {place}:"
        " did a spreadsheet fill them down (Summer 2026 becomes Summer 2027)? Write the value that was meant in all of them.",
        "{column} 的 {of:,} 个单元格中有 {rows:,} 个逐行递增，每个取值只有一行，如 {declared}，首次出现在{place}："
        "是否为电子表格下拉填充所致（Summer 2026 变成 Summer 2027）？请都写回原本的取值。",
    ),
    "concern.zeros-lost": (
        "{rows:,} of the {of:,} cells looked at in {column} are shorter than all that begin with 0: a spreadsheet has probably dropped their zeros, and they match nobody. Export them as text.",
        "{column} 中所查看的 {of:,} 个单元格有 {rows:,} 个比以 0 开头的号码短：电子表格很可能去掉了其前面的零，匹配不到任何人。请以文本格式导出。",
    ),
    "concern.misread": (
        "{rows:,} of the {of:,} cells looked at in {column} were probably read in another encoding than their own (浼氬憳 for 会员): they match nobody. Export them as UTF-8.",
        "{column} 中所查看的 {of:,} 个单元格有 {rows:,} 个很可能读错了编码（如“会员”成了“浼氬憳”）：匹配不到任何人。请以 UTF-8 导出。",
    ),
    "concern.escaped": (
        "{rows:,} of the {of:,} cells looked at in {column} have signs that look escaped (\\\\ for \\, &amp; for &,"
        " %40 for @, =C3=B6 for ö, \\u4e0a for 上, _x000D_ for a line end): here they are letters, so the same value without them counts as another. Export plain text.",
        "{column} 中所查看的 {of:,} 个单元格有 {rows:,} 个含有像是转义的符号（以 \\\\ 表示 \\、&amp; 表示 &、%40 表示 @、=C3=B6 表示 ö、\\u4e0a 表示“上”、_x000D_ 表示换行）："
        "在此按普通字符读，不带转义的同一值会算作另一个值。请导出纯文本。",
    ),
    "concern.quoted": (
        "{rows:,} of {of:,} cells of {column} are in quotes that CSV does not know, such as"
        " {declared}, first {place}: the quotes become part of the label, and a comma between"
        ' them would end the cell. Export with ".',
        "{column} 的 {of:,} 个单元格中有 {rows:,} 个用了 CSV 不认识的引号，如 {declared}，首次出现在{place}："
        '引号会成为标签的一部分，其中的逗号会切断单元格。请用 " 导出。',
    ),
    "concern.alike": (
        "{rows:,} of {of:,} cells of {column} have values that look alike and count as different:"
        " {declared}, first {place}. Write them in one way.",
        "{column} 的 {of:,} 个单元格中有 {rows:,} 个取值看起来相同而按不同取值计：{declared}，首次出现在{place}。请统一写法。",
    ),
    "concern.both-ways": (
        "{rows:,} of {of:,} cells of {column} name states or countries both by a code and by a name, such as {declared}, first"
        " {place}: they count as different. Write them in one way.",
        "{column} 的 {of:,} 个单元格中有 {rows:,} 个既用代码又用名称写同一州、省或国家，如 {declared}，首次出现在{place}："
        "它们按不同取值计。请统一写法。",
    ),
    "concern.tags": (
        "{rows:,} of {of:,} cells of {column} have several values in one cell, such as {declared}, first {place}: each"
        " combination is a group of its own, and whoever has two of them is in the group of neither. Export a column for"
        " each value, or the one that is meant.",
        "{column} 的 {of:,} 个单元格中有 {rows:,} 个在一格内有多个取值，如 {declared}，首次出现在{place}："
        "每种组合自成一组，同时有两个取值的人不在其中任何一个取值的组里。请每个取值导出为一列，或只导出所需的那个。",
    ),
    "concern.damaged": (
        "{rows:,} of {of:,} cells of {column} have letters that were lost or changed when they were converted: {declared}, first {place}."
        " Export them as UTF-8.",
        "{column} 的 {of:,} 个单元格中有 {rows:,} 个在转换编码时丢失或改变了字符：{declared}，首次出现在{place}。请以 UTF-8 导出。",
    ),
    "concern.total": (
        "{rows:,} of {of:,} rows have a total for {column}: {declared}, first {place}. Remove rows that add up others.",
        "{of:,} 行中有 {rows:,} 行的 {column} 是合计：{declared}，首次出现在{place}。请删除汇总行。",
    ),
    "concern.masked": (
        "{rows:,} of the {of:,} values of {column} ({share}) look masked with x or stars, such as {declared}, first {place}:"
        " several people have one value. Export them whole.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个（{share}）像是用 x 或星号脱敏过，如 {declared}，首次出现在{place}："
        "多人会变成同一个值。请导出完整的值。",
    ),
    "concern.shortened": (
        "{rows:,} of the {of:,} addresses of {column} seem to be cut off within their domain, such as {declared}, first"
        " {place}: they match nobody. Export the column at its full width.",
        "{column} 的 {of:,} 个地址中有 {rows:,} 个似乎在域名中被截断，如 {declared}，首次出现在{place}：匹配不到任何人。"
        "请按完整宽度导出该列。",
    ),
    "concern.relays": (
        "{rows:,} of the {of:,} addresses of {column} ({share}) only forward to others, such as {declared}, first {place}:"
        " marketplaces and mail services lend them for one order, shop or app (marketplace.amazon.*, fw.rakuten.ne.jp,"
        " privaterelay.appleid.com). They match nobody, and one buyer may have several: use another identifier if there is"
        " one.",
        "{column} 的 {of:,} 个地址中有 {rows:,} 个（{share}）只是转发地址，如 {declared}，首次出现在{place}："
        "由电商平台或邮件服务为某个订单、店铺或应用临时分配（marketplace.amazon.*、fw.rakuten.ne.jp、privaterelay.appleid.com）。"
        "它们匹配不到任何人，同一买家也可能有多个：若有其他标识，请改用。",
    ),
    "concern.both-domains": (
        "{rows:,} of the {of:,} addresses of {column} have a twin at another domain of their provider (googlemail.com and"
        " gmail.com, hanmail.net and daum.net, me.com and icloud.com), such as {declared}, first {place}: each pair is one"
        " mailbox, but counts as two people under every profile. Write one domain, the one that the other side writes.",
        "{column} 的 {of:,} 个地址中有 {rows:,} 个同时以服务商的另一域名出现（googlemail.com 与 gmail.com、hanmail.net 与 daum.net、me.com 与 icloud.com），"
        "如 {declared}，首次出现在{place}：每对是同一邮箱，但在任何配置下都算作两人。请统一为一个域名，并与对方一致。",
    ),
    "concern.counting-up": (
        "{rows:,} of the {of:,} numbers of {column} count up by one, row by row, such as {declared}, first {place}: did a"
        " spreadsheet fill them down? Then they are other people's. Write the numbers that were meant, or leave the rows"
        " out.",
        "{column} 的 {of:,} 个号码中有 {rows:,} 个逐行加一，如 {declared}，首次出现在{place}：是否为电子表格下拉填充所致？"
        "若是，它们是他人的号码。请写回原本的号码，或剔除这些行。",
    ),
    "concern.devices": (
        "{rows:,} of the {of:,} values of {column} are numbers of devices or visits, such as {declared}, first {place}, and"
        " others are not: whoever logs in later counts as two people. Export one kind, such as the member number, and"
        " leave the others' rows out.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个是设备或访问的编号，如 {declared}，首次出现在{place}，其余不是："
        "之后登录的人会算作两人。请只导出一种（如会员号），并剔除其余的行。",
    ),
    "concern.encrypted": (
        "{rows:,} of the {of:,} values of {column} look encrypted, such as {declared}, first {place}: a shop's key, or an"
        " order's, makes a text that nobody else has. They match nobody: export the decrypted value, or another"
        " identifier.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个像是密文，如 {declared}，首次出现在{place}："
        "由店铺或订单各自的密钥生成，别处没有。它们匹配不到任何人：请导出解密后的值，或改用其他标识。",
    ),
    "concern.as-typed": (
        "{rows:,} of the {of:,} digests looked at in {column} are those of {declared} as it stands beside them, or in other"
        " letters, and not as the profile has it: they match nobody. Normalise first, then hash, or declare {declared}.",
        "{column} 中所查看的 {of:,} 个摘要有 {rows:,} 个是对旁边 {declared} 的原样或其他大小写取的，而不是按 profile 规范化之后取的："
        "它们匹配不到任何人。请先规范化再取摘要，或改为声明 {declared}。",
    ),
    "concern.plus-lost": (
        "{rows:,} of the {of:,} values of {column} are base64 with blanks, such as {declared}, first {place}: where a web"
        " address is decoded, + becomes a blank. They match nobody: write + for each, or export them again.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个是带空格的 base64，如 {declared}，首次出现在{place}："
        "按网址解码时 + 会变成空格。它们匹配不到任何人：请把空格改回 +，或重新导出。",
    ),
    "concern.lowered": (
        "All {rows:,} values of {column} have the form of WeChat's openid, or of Salesforce, and no capital, such as {declared}, first {place}:"
        " capitals matter in them, so they match nobody. Export them as they were.",
        "{column} 的 {rows:,} 个值都是微信 openid 或 Salesforce 记录号的形式却没有大写字母，如 {declared}，首次出现在{place}："
        "它们区分大小写，因此匹配不到任何人。请按原样导出。",
    ),
    "concern.last-zeros": (
        "{rows:,} of the {of:,} values of {column} have fewer digits behind their point than others, such as {declared},"
        " first {place}, and none ends with 0: did a spreadsheet take 12.10 for 12.1? Then they match nobody, or somebody"
        " else. Export them as text.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个小数点后的位数少于其他值，如 {declared}，首次出现在{place}，且没有一个以 0 结尾："
        "是否被电子表格把 12.10 变成了 12.1？若是，它们匹配不到任何人，或匹配到他人。请以文本格式导出。",
    ),
    "concern.joins-many": (
        "{rows:,} of {of:,} rows have an identifier of {column} that belongs to four or more different ones of another"
        " column, such as {declared}, first {place}, and makes one person of them: is it a clerk's, typed for customers who"
        " gave none? Leave it out with nulls in the room file.",
        "{of:,} 行中有 {rows:,} 行的 {column} 与另一列的四个或更多不同标识同时出现，如 {declared}，首次出现在{place}，并把它们合为一人："
        "是否为店员替未提供的顾客填写的？请在房间文件中用 nulls 剔除。",
    ),
    "concern.numbered-anew": (
        "{rows:,} of {of:,} rows repeat a number of {column}, first {place}, and there are only as many numbers as rows of"
        " the largest {declared}: does each give its numbers anew? Then several people are one, here and on the other side."
        " Write the shop before the number.",
        "{of:,} 行中有 {rows:,} 行重复了 {column} 的编号，首次出现在{place}，而不同编号的数目恰等于最大的{declared}的行数："
        "编号是否由各{declared}各自从头编起？若是，多人会算作一人。请在编号前写上门店。",
    ),
    "concern.zeros-of": (
        "{rows:,} of the {of:,} cells looked at in {column} are numbers of the kind {declared} without the zeros that they"
        " begin with, by their check digits: a spreadsheet has probably dropped them, and they match nobody. Export them"
        " as text.",
        "{column} 中所查看的 {of:,} 个单元格有 {rows:,} 个按校验位看是缺少前导零的 {declared} 号码：电子表格很可能去掉了这些零，"
        "匹配不到任何人。请以文本格式导出。",
    ),
}
