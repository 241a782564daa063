# ruff: noqa: E501
"""Words of what a file holds: counts, reasons for which rows are left out."""

from __future__ import annotations

from typing import Final

DATASET: Final[dict[str, tuple[str, str]]] = {
    "dataset.rows": ("rows", "行数"),
    "dataset.usable": ("usable", "可用"),
    "dataset.unusable": ("unusable", "不可用"),
    "dataset.people": ("people", "人数"),
    "dataset.times": ("times", "时间范围"),
    "dataset.total": ("sum of {name} (least … greatest)", "{name} 合计（最小 … 最大）"),
    "dataset.duplicates": ("duplicates", "重复"),
    "dataset.duplicates.reject": ("reject", "拒绝文件"),
    "dataset.duplicates.first": ("first", "保留第一行"),
    "dataset.duplicates.sum": ("sum", "数值相加"),
    "dataset.most_rows": ("most rows of one person", "一人最多的行数"),
    "dataset.most_rows_of": ("most rows of one {name}", "同一 {name} 最多的行数"),
    "dataset.kept_out": ("left out by keep ({name})", "按 keep 剔除（{name}）"),
    "dataset.kept_out.line": (
        "Left out by keep: {rows:,} rows, for their {column}: {values}.",
        "按 keep 剔除 {rows:,} 行，因为 {column} 为：{values}。",
    ),
    "dataset.unread": ("Columns that are not read", "未读取的列"),
    "dataset.unread.values": ("most frequent values", "最常见的取值"),
    "dataset.unread.line": ("Not read: {columns}.", "未读取的列：{columns}。"),
    "dataset.unread.more": ("{columns:,} more columns", "另有 {columns:,} 列"),
    "dataset.unread.nameless": ("(without a name)", "（无列名）"),
    "dataset.unread.empty": ("(empty)", "（空）"),
    "dataset.clamped": ("clamped {name}", "{name} 截断数"),
    "dataset.values": ("values of {name}", "{name} 取值数"),
    "dataset.values.found": (
        " declared with unknown, {count:,} found",
        "（声明的取值与 unknown），文件中有 {count:,} 个",
    ),
    "dataset.upload": ("upload", "上传"),
    "dataset.align_dh": ("align dh", "对齐（dh）"),
    "dataset.align_ot": ("align ot", "对齐（ot）"),
    "dataset.load": (
        "{megabytes:,.1f} MB, about {seconds:,.1f} s",
        "{megabytes:,.1f} MB，约 {seconds:,.1f} 秒",
    ),
    "dataset.soon": (
        "{megabytes:,.1f} MB, less than 0.1 s",
        "{megabytes:,.1f} MB，不到 0.1 秒",
    ),
    "dataset.question": ("a question", "每个问题"),
    "dataset.lattice": (
        "{megabytes:,.1f} MB, about {seconds:,.1f} s for each measure that it sums",
        "所求和的每个度量 {megabytes:,.1f} MB，约 {seconds:,.1f} 秒",
    ),
    "dataset.encryption": ("values under", "数值加密"),
    "rows.lattice": ("lattice, sent with each question", "格加密，随问题发送"),
    "rows.paillier": ("Paillier", "Paillier"),
    "rows.why.alone": ("the room allows nothing else", "房间只允许这一种"),
    "rows.why.many": ("cheaper from 8,192 rows on", "8,192 行起更省"),
    "rows.why.few": ("cheaper below 8,192 rows", "8,192 行以下更省"),
    "rows.why.uploaded": ("as the dataset was uploaded", "与数据集上传时一致"),
    "rows.why.credit": (
        "the platform adds up shares of credit, which a lattice does not allow",
        "由平台累加功劳份额，格加密不支持",
    ),
    "rows.why.too-large": (
        "under a lattice they would take more than 4 GiB",
        "若用格加密将超过 4 GiB",
    ),
    "dataset.effect": ("effect", "结果"),
    "dataset.refused": ("file refused", "拒绝文件"),
    "dataset.left_out": ("row left out", "剔除该行"),
    "dataset.reason": ("reason", "原因"),
    "dataset.first.line": ("first lines", "首次出现的行号"),
    "dataset.first.row": ("first rows", "首次出现的行号"),
    "dataset.sample": ("masked example", "脱敏示例"),
    "dataset.more": ("{reasons} more reasons", "另有 {reasons} 种原因"),
    "dataset.more_values": ("{values:,} more values", "另有 {values:,} 个取值"),
    "dataset.remark": (
        "{rows:,} left out, first {first}: {reason}",
        "剔除 {rows:,} 行，首次出现在第 {first} 行：{reason}",
    ),
    "dataset.again": (
        "{rows:,} rows repeat an earlier row's person, or key, first {first}: {rule}.",
        "{rows:,} 行与前面某行属同一人（或同一键），首次出现在{first}：{rule}。",
    ),
    "dataset.again.reject": ("the file is refused", "拒绝该文件"),
    "dataset.again.first": ("the first one counts", "以第一行为准"),
    "dataset.again.sum": ("they are added up", "数值相加"),
    "dataset.clamping": (
        "{count:,} values of {column} are beyond its declared bounds and count as the bound.",
        "{column} 有 {count:,} 个值超出声明的上下限，按上下限计入。",
    ),
    "identity.title": ("People by several identifiers ({rules})", "多标识识人（{rules}）"),
    "identity.kind": (
        "{column}: rows that have one: {rows:,}; people who keep one: {people:,}.",
        "{column}：{rows:,} 行有此标识，{people:,} 人保留一个。",
    ),
    "identity.joined": (
        "Rows that {column} joined to others of the same person: {count:,}, such as {sample} ({places}).",
        "{column} 把 {count:,} 行与同一人的其他行合并，如 {sample}（{places}）。",
    ),
    "identity.dropped": (
        "{count:,} of {column} belong to several people, such as {sample} ({places}): they"
        " identify none of them and are not matched.",
        "{column} 中有 {count:,} 个标识属于多人，如 {sample}（{places}）：它们不代表任何人，不参与匹配。",
    ),
    "identity.spare": (
        "{count:,} of {column} are a person's additional ones: the one in most of the person's"
        " rows is matched.",
        "{column} 中有 {count:,} 个是同一人的其余标识：只匹配其行中最常见的一个。",
    ),
    "identity.unused": (
        "{count:,} cells are not used, though their rows are, first {place} ({sample}): {reason}",
        "{count:,} 个单元格未使用（该行保留），首次出现在{place}（{sample}）：{reason}",
    ),
    "dataset.look": ("Look at these", "请检查"),
    "dataset.line": ("line {place}", "第 {place} 行"),
    "dataset.row": ("row {place}", "第 {place} 行"),
    "kind.email": ("e-mail addresses", "邮箱地址"),
    "kind.phone": ("phone numbers", "手机号"),
    "kind.digest": ("digests", "哈希摘要"),
    "kind.date": ("dates or times, which are no person's", "日期或时间，并不属于某个人"),
    "kind.amount": ("amounts, which are no person's", "金额，并不属于某个人"),
    "kind.ip": ("addresses of the Internet, which many people share", "多人共用的 IP 地址"),
    "kind.name": ("names of people, which several may have", "姓名，可能有人同名"),
    "kind.device": ("device identifiers", "设备号"),
    "kind.label": ("a label", "标签"),
    "kind.measure": ("a measure", "数值"),
}

REASONS: Final[dict[str, str]] = {
    r"(.+) is empty": "{0} 为空",
    r"(.+) is a word for no value, such as NULL or N/A": "{0} 是表示空值的词，如 NULL 或 N/A",
    r"(.+) was read in another encoding than UTF-8: .+": "{0} 曾按其他编码读取（ü 显示为 Ã¼）：请以 UTF-8 导出",
    r"(.+) is a list or a structure, as programs print them: .+": "{0} 是程序输出的列表或结构：请导出其中的值",
    r"(.+) is a placeholder that a program should have filled in, such as .+": (
        "{0} 是程序未替换的占位符，如 __OAID__ 或 {{{{id}}}}"
    ),
    r"(.+) has a month beyond 12: .+": "{0} 的月份超过 12：声明的格式中日和月是否颠倒？",
    r"(.+) is an error of a spreadsheet, such as #REF!": "{0} 是电子表格的错误值，如 #REF!",
    r"(.+) is a total, or a closing line of an export .+ not_nulls": (
        "{0} 是合计，或导出程序的结尾行，如 (3 rows affected)；若是人名，请列入 not_nulls"
    ),
    r"(.+) is a total, or a closing line of an export .+": "{0} 是合计，或导出程序的结尾行，如 (3 rows affected)",
    r"(.+) has lost a letter when it was converted: .+": "{0} 在转换编码时丢失了字符，显示为 U+FFFD 或锟斤拷",
    r"(.+) is all zeros, which stands for no value": "{0} 全为零，即没有值",
    r"(.+) is all zeros: the person limits tracking": "{0} 全为零：用户限制了跟踪",
    r"(.+) is the last UUID, all f, which stands for no value": "{0} 是全为 f 的 UUID，即没有值",
    r"(.+) ends with one letter behind its last point, .+": (
        "{0} 的最后一个点后只有一个字母，没有这样的域名：是否被截断？"
    ),
    r"(.+) is -1, which stands for no value": "{0} 为 -1，即没有值",
    r"(.+) is among the nulls of the room file": "{0} 在房间文件的 nulls 之中",
    r"(.+) is longer than 1,024 bytes": "{0} 超过 1,024 字节",
    r"(.+) is not valid Unicode": "{0} 不是有效的 Unicode",
    r"(.+) starts or ends with a quotation mark, or is a formula": "{0} 以引号开头或结尾，或为公式",
    r"(.+) is not an e-mail address: it needs exactly one @": "{0} 不是邮箱地址：须恰有一个 @",
    r"(.+) is not a valid e-mail address": "{0} 不是有效的邮箱地址",
    "(.+) has a curly quote, a long dash or another character of word processors: .+": (
        "{0} 含有弯引号、长破折号等排版符号：请改用普通符号"
    ),
    r"(.+) has a name, angle brackets or mailto: around it: .+": (
        "{0} 带有姓名、尖括号或 mailto:：请只导出邮箱地址"
    ),
    r"(.+) is a guest's sign-in name of Microsoft 365 .+": (
        "{0} 是 Microsoft 365 来宾的登录名（#EXT#）：请导出邮箱地址本身"
    ),
    r"(.+) is a service number that many people call, .+": (
        "{0} 是多人拨打的服务热线，如 400 或 800：它不属于任何人"
    ),
    r"(.+) is a number of Korea's 050, .+": (
        "{0} 是韩国 050 安心号码，仅借给某个订单转接来电，之后会给其他买家"
    ),
    r"(.+) is a former mobile number of Korea, .+": (
        "{0} 是韩国已停用的手机号段（如 011），自 2021 年起均以 010 开头"
    ),
    r"(.+) is a landline with an extension behind a dash: .+": (
        "{0} 是横线后带分机号的固定电话：去掉分机号后由多人共用"
    ),
    r"(.+) ends with \.invalid, .+": (
        "{0} 以 .invalid 结尾，没有这样的邮箱：Salesforce 沙盒如此改写，WooCommerce 对已抹除的客户也如此"
    ),
    "(.+) is masked, or has characters that no address has": "{0} 已脱敏，或含有邮箱地址没有的符号",
    r"(.+) is in Turkish capitals: write it in small letters": (
        "{0} 为土耳其语大写字母：请改用小写字母"
    ),
    r"(.+) is infinite, as a division by zero is: .+": (
        "{0} 是无穷大，即除以零的结果：请留空，或改正除法"
    ),
    r"(.+) has letters of another script that look like Latin ones: write it in one script": (
        "{0} 含有看起来像拉丁字母的其他文字的字母：请统一用一种文字书写"
    ),
    "(.+) has a question mark, as a lost letter leaves behind: export it as UTF-8": (
        "{0} 含有问号，像是转换时丢失字母所留：请以 UTF-8 导出"
    ),
    "(.+) has both 9 and 15, but Argentine mobiles have only one of them: .+": (
        "{0} 同时带有 9 和 15，阿根廷手机号只有其一：请写 +54 9、区号和号码"
    ),
    "(.+) is masked, or has characters that no phone number has": "{0} 已脱敏，或含有电话号码没有的符号",
    r"(.+) is a number with an exponent, which has lost digits": "{0} 是科学计数法，已丢失位数",
    r"(.+) is a number with a fraction": "{0} 是带小数的数",
    r"(.+) is a negative number": "{0} 是负数",
    r"(.+) is not a phone number: it has letters": "{0} 不是电话号码：含有字母",
    r"(.+) is not a phone number": "{0} 不是电话号码",
    r"(.+) is not a phone number of its country": "{0} 不是该国家或地区的有效号码",
    r"(.+) has the mobile digit that Mexico dropped in 2019: .+": (
        "{0} 带有墨西哥 2019 年取消的手机号前缀 1：请写 +52 加十位数字"
    ),
    r"(.+) lacks the ninth digit of Brazilian mobile numbers: .+": (
        "{0} 缺少巴西手机号的第九位：请写 +55、区号和九位数字"
    ),
    r"(.+) is of a numbering plan that its country has replaced: .+": (
        "{0} 属于该国已更换的旧编号方案：请导出现行号码"
    ),
    r"(.+) begins with an area code in brackets, so it has no country code: declare a region": (
        "{0} 以括号内的区号开头，没有国家代码：请声明 region"
    ),
    r"(.+) is masked, which leaves one value of several people: export it whole": (
        "{0} 已脱敏，多人会变成同一个值：请导出完整的值"
    ),
    r"(.+) starts with 0, so it has no country code: declare a region": (
        "{0} 以 0 开头，没有国家代码：请声明 region"
    ),
    r"(.+) may begin with its country code or an area code: write it with \+ and the country code": (
        "{0} 开头可能是国家代码，也可能是区号：请写 + 和国家代码"
    ),
    r"(.+) may be a mobile number of another country: write it with \+ and the country code": (
        "{0} 可能是其他国家的手机号：请写 + 和国家代码"
    ),
    r"(.+) may be Chinese or North American: write \+86 or \+1, or a region": (
        "{0} 可能是中国号码，也可能是北美号码：请写明 +86 或 +1，或声明 region"
    ),
    r"(.+) is not an 11-digit Chinese mobile number": "{0} 不是 11 位中国手机号",
    r"(.+) is not a device identifier": "{0} 不是设备号",
    r"(.+) is a device identifier that many devices share": "{0} 是多台设备共有的设备号",
    r"(.+) is not a SHA-256 in hexadecimal or base64": "{0} 不是十六进制或 base64 的 SHA-256",
    r"(.+) is base64 whose letters were all changed to one case": (
        "{0} 是字母大小写被统一改动过的 base64"
    ),
    r"(.+) is the digest of an empty value, or of a word for one": "{0} 是空值或表示空值的词的摘要",
    r"(.+) is a shorter digest, such as MD5, made as long as a SHA-256": (
        "{0} 是补到 SHA-256 长度的较短摘要，如 MD5"
    ),
    r"(.+) is a whole number with \.0 after it: write it without": "{0} 是带 .0 的整数：请去掉 .0",
    r"(.+) is a number with commas between its thousands": "{0} 是带千位分隔符的数",
    "(.+) has a control or other invisible character": "{0} 含有控制字符或不可见字符",
    r"(.+) is not a number": "{0} 不是数",
    r"(.+) has an exponent, and too few digits to be exact: .+": (
        "{0} 是科学计数法，位数不足以得到准确值：请导出全部数字"
    ),
    "(.+) is in quotes that CSV does not know: .+": '{0} 用了 CSV 不认识的引号：请用 " 或不用引号导出',
    r"(.+) has a dash before it that is not a minus sign: .+": "{0} 前面是破折号而非负号：请写 -12.50",
    r"(.+) has digits of another script, or raised ones: .+": "{0} 含有其他文字的数字或上标数字：请写 0 到 9",
    "(.+) has commas, spaces or more than one point in it: .+": (
        "{0} 含有逗号、空格或多个点：请声明 decimal 和 thousands"
    ),
    "(.+) is negative by brackets or by a sign after it: .+": "{0} 用括号或末尾的负号表示负数：请写 -12.50",
    r"(.+) has letters, a currency or a percent sign": "{0} 含有字母、货币符号或百分号",
    r"(.+) has (\".\") in it, which is not declared; the declared form is (.+)": (
        "{0} 含有未声明的符号 {1}；声明的写法是 {2}"
    ),
    r"(.+) has the decimal sign (\".\") twice; the declared form is (.+)": (
        "{0} 有两个小数点符号 {1}；声明的写法是 {2}"
    ),
    r"(.+) has (\".\") before (\".\"), which is the other way round; the declared form is (.+)": (
        "{0} 中 {1} 在 {2} 之前，小数点与千位分隔符互换了；声明的写法是 {3}"
    ),
    r"(.+) has (\".\") not before three digits each; the declared form is (.+)": (
        "{0} 中 {1} 之后不是三位数字；声明的写法是 {2}"
    ),
    r"(.+) has (\".\") behind a first 0, as no thousands have: write (.+) for a half; the declared form is (.+)": (
        "{0} 以 0 开头，其后有 {1}，千位不会这样写：二分之一请写 {2}；声明的写法是 {3}"
    ),
    "(.+) has three digits after every point: .+": (
        '{0} 每个点之后都是三位数字：若 1.000 表示一千，请声明 thousands = "."，否则声明 decimal = "."'
    ),
    r"(.+) has more than (\d+) decimals: .+": (
        "{0} 的小数超过 {1} 位：请在导出时舍入，或声明更多 decimals"
    ),
    r"(.+) is outside \[(.+)\]": "{0} 超出 [{1}]",
    r"(.+) is outside its declared domain": "{0} 不在声明的取值范围内",
    r"(.+) has a line break, a tab or a control character": "{0} 含有换行、制表符或控制字符",
    r"(.+) has more than (\d+) characters": "{0} 超过 {1} 个字符",
    r"(.+) is neither the click's nor the view's value": "{0} 既不是点击的值，也不是曝光的值",
    r"(.+) is neither Unix seconds nor an ISO 8601 time: declare format and zone, such as (.+) and (.+)": (
        "{0} 既不是 Unix 秒，也不是 ISO 8601 时间：请声明 format 和 zone，如 {1} 和 {2}"
    ),
    r"(.+) has no offset from UTC: declare zone, such as (.+)": "{0} 没有时区偏移：请声明 zone，如 {1}",
    r"(.+) is in the future": "{0} 在未来",
    r"(.+) is not a time in (.+), but fits a month without a day": "{0} 以 {1} 计不是时间：像是只有年月，没有日",
    r"(.+) is not a time in (.+), but fits (.+): export it as text": (
        "{0} 以 {1} 计不是时间，而符合 {2}：请以文本导出日期和时刻"
    ),
    r"(.+) is not a time in (.+), but fits a date in digits: declare (.+)": (
        "{0} 以 {1} 计不是时间，而是用数字写的日期：请声明 {2}"
    ),
    r"(.+) is not a time in (.+), but fits (.+): declare (.+)": (
        "{0} 以 {1} 计不是时间，而符合 {2}：请声明 {3}"
    ),
    r"(.+) is not a time in (.+), but fits milliseconds or a finer unit": "{0} 以 {1} 计不是时间，单位应为毫秒或更小",
    r"(.+) is a date written in digits: (.+)": "{0} 是用数字写的日期：请写 2026-06-04T12:30:00Z 或 Unix 秒，或声明 format",
    r"(.+) is the day number of a spreadsheet: (.+)": (
        "{0} 是电子表格的日期序号：请写 2026-06-04T12:30:00Z 或 Unix 秒，或声明 format"
    ),
    r"(.+) is before 1973 if read as Unix seconds: (.+)": (
        "{0} 作为 Unix 秒早于 1973 年：请写 2026-06-04T12:30:00Z 或 Unix 秒，或声明 format"
    ),
    "(.+) is a time that programs write where there is none, such as .+": (
        "{0} 是程序在没有时间时写入的值，如 1970-01-01"
    ),
    r"(.+) is a day without a time, as some programs write midnight: .+ declare (.+) and zone": (
        "{0} 只有日期没有时间，有些程序如此写零点：请在其后写 00:00:00；若都是日期，请声明 {1} 和 zone"
    ),
    r"(.+) has lost its day, as of a time with milliseconds .+": (
        "{0} 丢失了日期，Excel 会把带毫秒的时间显示为 30:05.0：请不经电子表格重新导出"
    ),
    r"(.+) has a year of another calendar, .+": "{0} 的年份属于其他历法，如泰国的 2569、台湾地区的 115、日本的 R8 或伊朗的 1405（即 2026）：请以公历年份导出",
    r"(.+) has words for a part of the day that .+": (
        "{0} 含有所声明的格式不读取的时段词，如“晚上”：请以 24 小时制导出；若这些词即上午、下午，请声明 %I 和 %p"
    ),
    r"(.+) has its quotes or backquote taken off before it is read: declare (.+)": (
        "{0} 的引号或反引号在读取前会去掉：请声明 {1}"
    ),
    r"(.+) does not match the declared format (.+)": "{0} 与声明的格式 {1} 不符",
    r"(.+) is a day or a time that no calendar or clock has": "{0} 是不存在的日期或时间",
    r"(.+) is a local time that the clocks of (.+) skipped": "{0} 是 {1} 时钟跳过的当地时间",
    r"(.+) is a local time that the clocks of (.+) showed twice": "{0} 是 {1} 时钟出现过两次的当地时间",
    r"(.+) has an offset from UTC that no clock has": "{0} 的时区偏移不存在",
    r"(.+) is not a number of (.+)": "{0} 不是以 {1} 计的数",
    r"(.+) is longer than any time": "{0} 比任何时间都长",
    r"(.+) is not a day number of a spreadsheet: .+": "{0} 不是电子表格的日期序号",
    "the row has a different number of fields from the header": "该行的字段数与表头不同",
    "the row is a total: its first cell, in a column that is not read, says so; .+": (
        "该行是合计：首列（未读取的列）的单元格如此写明；若不是，请去掉该列"
    ),
    "a person has more than one row, some of which .+": (
        '同一人有多行，其中有些由共同的标识合并：请删除，或设置 duplicates = "first" 或 "sum"'
    ),
    "a person has more than one row: .+": (
        '同一人有多行：请删除，或设置 duplicates = "first" 或 "sum"'
    ),
    "the row is empty in every column that is looked at, which is no fault": (
        "该行在所查看的各列均为空，并非错误"
    ),
    "the row repeats the header, as where files were combined": ("该行又是表头，如合并文件时所留"),
    "the row has the (.+) of the row above and no (.+): a further item of one order, .+": (
        "该行的 {0} 与上一行相同且没有 {1}：为同一订单的其他商品行，并非错误"
    ),
    "no row is usable": "没有可用的行",
    "keep leaves every row out: .+": "keep 剔除了所有行：请核对其取值与该列的取值",
}
"""Chinese for the reasons, by expressions of the whole English one; a group is a name or a number.

A reason that is missing here is shown in English.
"""
