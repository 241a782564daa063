# ruff: noqa: E501
"""Words of what is probably not meant in numbers, telephone numbers too, and times: for the owner alone."""

from __future__ import annotations

from typing import Final

NUMBER_CONCERNS: Final[dict[str, tuple[str, str]]] = {
    "concern.early": (
        "{rows:,} of {of:,} times of {column} are before the year 2000, first {place}: do the numbers count from"
        " another year, such as 2001? Export a date with its time.",
        "{column} 的 {of:,} 个时间中有 {rows:,} 个早于 2000 年，首次出现在{place}："
        "这些数是否从其他年份（如 2001 年）起计？请导出日期加时刻。",
    ),
    "concern.old": (
        "All {rows:,} times of {column} are more than ten years old, the last on {declared}: are the years of another"
        " calendar, such as 08 for Reiwa 8 (2026)? Touches of today would match none. Export years of the common era.",
        "{column} 的 {rows:,} 个时间都早于十年前，最晚为 {declared}：年份是否属于其他历法，例如 08 表示令和 8 年（2026 年）？"
        "今天的触点将无一匹配。请以公元年份导出。",
    ),
    "concern.swapped": (
        "{rows:,} of {of:,} times of {column} are on day {declared} of many months: were day and month swapped, as by"
        " Excel or pandas, which take days up to 12 for months? Compare some with the source, and export the column as"
        " text or with the year first. Days that are meant, as of a promotion each month, may stay.",
        "{column} 的 {of:,} 个时间中有 {rows:,} 个落在许多月份的 {declared} 日：日与月是否被对调？Excel 或 pandas 会把 12 以内的日当作月。"
        "请与来源核对几个，并将该列以文本或年份在前的格式导出；若本就如此（例如每月一次的活动日），可以保留。",
    ),
    "concern.coarse": (
        "{rows:,} of {of:,} times of {column} were rounded to so few decimals of a day that they are up to"
        " {declared} minutes off, first {place}: export five decimals or more, or a date with a time.",
        "{column} 的 {of:,} 个时间中有 {rows:,} 个只保留了很少的日小数，误差可达 {declared} 分钟，首次出现在{place}："
        "请导出至少五位小数，或导出日期加时刻。",
    ),
    "concern.whole-days": (
        "All {rows:,} times of {column} are whole days, which count as 00:00: an event of the other side on that day"
        " comes after.",
        "{column} 的 {rows:,} 个时间都是整日，按 00:00 计：对方当日的事件都在其后。",
    ),
    "concern.midnights": (
        "All {rows:,} times of {column} are at 00:00: was the hour lost on export? An event of the other side on that day"
        " comes after, and windows of attribution shift by up to a day. Export dates with their times.",
        "{column} 的 {rows:,} 个时间都在 00:00：导出时是否丢失了时刻？对方当日的事件都在其后，归因窗口最多偏移一天。"
        "请导出日期加时刻。",
    ),
    "concern.some-midnights": (
        "{rows:,} of {of:,} times of {column} are at {declared} to the second, first {place}, and hardly any just after:"
        " have these rows a date alone? They count as the first of their day, and windows of attribution shift by up to a"
        " day. Export dates with their times.",
        "{column} 的 {of:,} 个时间中有 {rows:,} 个恰在 {declared}（精确到秒），首次出现在{place}，其后几分钟却几乎没有："
        "这些行是否只有日期？它们按当日最早计，归因窗口最多偏移一天。请导出日期加时刻。",
    ),
    "concern.one-instant": (
        "{rows:,} of {of:,} times of {column} are one and the same, {declared}, first {place}, and of the others hardly two"
        " are: is it when these rows were imported or changed, rather than when something happened?",
        "{column} 的 {of:,} 个时间中有 {rows:,} 个完全相同（{declared}），首次出现在{place}，其余则几乎各不相同："
        "它是否是这些行导入或修改的时间，而不是事件发生的时间？",
    ),
    "concern.half-days": (
        "None of the {rows:,} times of {column} is before 01:00 or after 12:59, and nearly all hours between occur: was the"
        " time written by a clock of 12 hours, without AM or PM? Events would count up to 12 hours too early or too late."
        " Export 24 hours (HH24 in Oracle, HH in Java and Hive, %H elsewhere).",
        "{column} 的 {rows:,} 个时间没有一个早于 01:00 或晚于 12:59，其间各小时却几乎都出现：是否以 12 小时制写出而缺少上午/下午？"
        "事件最多会早或晚算 12 小时。请以 24 小时制导出（Oracle 用 HH24，Java、Hive 用 HH，其他用 %H）。",
    ),
    "concern.halves": (
        "{declared}, which is not read, says whether the {rows:,} times of {column} are before or after noon, and none of"
        " them is before 01:00 or after 12:59: those after noon are read 12 hours too early, those past midnight 12 hours"
        " too late. Export 24 hours, or both in one column and declare %I and %p.",
        "未读取的列 {declared} 写明 {column} 的 {rows:,} 个时间是上午还是下午，而这些时间没有一个早于 01:00 或晚于 12:59："
        "下午的时间会早算 12 小时，午夜后一小时内的会晚算 12 小时。请以 24 小时制导出，或合为一列并声明 %I 和 %p。",
    ),
    "concern.named-zone": (
        "The name of {column} says another time zone than the declared one ({declared}): all {rows:,} times would be off by"
        " hours. Declare the zone that their clocks showed.",
        "{column} 的列名所写的时区与声明的不同（{declared}）：{rows:,} 个时间都会差几小时。请声明这些时间实际所用的时区。",
    ),
    "concern.zone-beside": (
        "A column beside {column} says that its {rows:,} times are in UTC, and they are read in the declared zone"
        " ({declared}): all would be off by hours. Declare the zone that their clocks showed.",
        "{column} 旁的列表明其 {rows:,} 个时间为 UTC，而它们按声明的时区读（{declared}）：会都差几小时。请声明这些时间实际所用的时区。",
    ),
    "concern.named-unit": (
        "The name of {column} says {declared}, and all {rows:,} numbers are whole; declared decimals read them as the"
        " larger unit, many times too high. If they count {declared}, declare decimals = 0, with min and max in that"
        " unit and the unit in the measure's name, or divide them before you export.",
        "{column} 的列名写明单位为 {declared}，且 {rows:,} 个数均为整数；而声明的 decimals 把它们按大单位读，会高出许多倍。"
        "若它们以 {declared} 计，请声明 decimals = 0，按该单位写 min 和 max，并让度量名写明单位，或先换算再导出。",
    ),
    "concern.same-digits": (
        "{rows:,} of the {of:,} numbers of {column} ({share}) have the same digits at the same places, in the middle or at"
        " the end, and differ elsewhere, such as {declared}, first {place}: were they masked with digits such as 0000, or rounded? Then"
        " they are other people's, or nobody's. Export them whole.",
        "{column} 的 {of:,} 个号码中有 {rows:,} 个（{share}）在中间或末尾的同样位置数字全都相同，其他位置各不相同，如 {declared}，"
        "首次出现在{place}：是否用 0000 之类的数字脱敏过，或被舍入？若是，它们是他人的号码或空号。请导出完整的号码。",
    ),
    "concern.wrapped": (
        "{rows:,} of the {of:,} values of {column} ({share}) are negative numbers, such as {declared}, first {place}, and all"
        " fit into an integer of 16 or 32 bits: did a program cast larger numbers to it? Then they are other people's."
        " Export the column as text, or as an integer of 64 bits.",
        "{column} 的 {of:,} 个值中有 {rows:,} 个（{share}）是负数，如 {declared}，首次出现在{place}，且所有数都在 16 位或 32 位整数范围内："
        "是否有程序把更大的数转成了这种整数？若是，它们变成了他人的编号。请按文本或 64 位整数导出该列。",
    ),
    "concern.cents": (
        "All {rows:,} numbers of {column} are whole and seem to be in cents or the like ({declared}), first {place}: are sums"
        " in them meant? Divide the column before you export, or declare decimals = 0 and give the measure a name that says"
        " its unit, such as spend_cents.",
        "{column} 的 {rows:,} 个数均为整数，且似乎以分之类的小单位计（{declared}），首次出现在{place}：总和是否也应以该单位计？"
        "请先换算再导出，或声明 decimals = 0 并让度量名写明单位，如 spend_fen。",
    ),
    "concern.swapped-years": (
        "{rows:,} of {of:,} times of {column} are years from the others, such as {declared}, first {place}, and among them"
        " if day and year change places: do these cells begin with the year? Write all in one way, with four digits of the"
        " year.",
        "{column} 的 {of:,} 个时间中有 {rows:,} 个与其余相差数年，如 {declared}，首次出现在{place}；若日与年互换则与其余相近："
        "这些单元格是否以年开头？请统一写法，并用四位数写年份。",
    ),
    "concern.minute-months": (
        "In all {rows:,} times of {column} the minute is the number of the month: was the pattern of the export MM where"
        " minutes were meant? Times are up to an hour off. Export them with minutes (MI in Oracle, mm in Java).",
        "{column} 的 {rows:,} 个时间中分钟都等于月份：导出格式是否在应写分钟处写了 MM？时间误差可达一小时。"
        "请以分钟导出（Oracle 用 MI，Java 用 mm）。",
    ),
    "concern.one-hour": (
        "All {rows:,} times of {column} are at {declared} of their day: are they days alone, written in another time zone, or"
        " was the hour lost on export? Windows of attribution shift by up to a day. Export dates with their times.",
        "{column} 的 {rows:,} 个时间都在当日 {declared}：是否只有日期而以另一时区写出，或导出时丢失了时刻？"
        "归因窗口最多偏移一天。请导出日期加时刻。",
    ),
    "concern.one-time": (
        "All {rows:,} times of {column} are one and the same ({declared}): is it the time of the"
        " export rather than that of each event?",
        "{column} 的 {rows:,} 个时间完全相同（{declared}）：它是否是导出的时间，而不是各事件的时间？",
    ),
    "concern.below-range": (
        "{rows:,} of {of:,} numbers of {column} are below its min, {declared}, first {place}, and are counted as it: are they"
        " refunds? Then sums are too high: declare a lower min, or leave refunded events out.",
        "{column} 的 {of:,} 个数字中有 {rows:,} 个低于其 min（{declared}），首次出现在{place}，按该值计：它们是退款吗？"
        "若是，总和会偏高：请声明更低的 min，或剔除已退款的事件。",
    ),
    "concern.above-range": (
        "{rows:,} of {of:,} numbers of {column} are above its max, {declared}, first {place}, and are counted as it: sums are"
        " too low. Are they in another unit, such as cents, or is max too low?",
        "{column} 的 {of:,} 个数字中有 {rows:,} 个高于其 max（{declared}），首次出现在{place}，按该值计：总和会偏低。"
        "它们是否以其他单位（如分）记，或 max 定得过低？",
    ),
    "concern.day-numbers": (
        "{rows:,} of {of:,} numbers of {column} are whole ones of {declared}, 100 times all others or more, first {place}: are"
        " they the numbers of days? A spreadsheet takes 5.12 for 5 December where its decimal sign is a comma. Sums are"
        " wrong then: import the column as text, or with its decimal sign, and export it again.",
        "{column} 的 {of:,} 个数字中有 {rows:,} 个是 {declared} 的整数，至少是其余各数的 100 倍，首次出现在{place}：它们是日期序号吗？"
        "小数点为逗号的电子表格会把 5.12 当作 12 月 5 日。若是，总和是错的：请以文本（或按其小数点）导入该列后重新导出。",
    ),
    "concern.no-answer": (
        "{rows:,} of {of:,} numbers of {column} are {declared}, and no others are negative, first {place}: is that a code for"
        " no answer, as SPSS and surveys write it? It counts as a number: leave such rows out of the export.",
        "{column} 的 {of:,} 个数字中有 {rows:,} 个是 {declared}，且没有其他负数，首次出现在{place}：它是否为表示未作答的代码（SPSS、问卷常用）？"
        "它会按数字计：请在导出时剔除这些行。",
    ),
    "concern.currencies": (
        "{column} has {rows:,} currencies or more ({declared}): amounts in all of them are added up as"
        ' one. Convert them, keep one (keep = {{ "{column}" = [...] }} in the room file), or give each currency a file.',
        "列 {column} 有 {rows:,} 种或更多货币（{declared}）：各种货币的金额会直接相加。请先换算，或只保留一种"
        '（房间文件中写 keep = {{ "{column}" = [...] }}），或每种货币单独成一个文件。',
    ),
    "concern.units": (
        "{rows:,} of {of:,} rows are in one of several units ({declared}) by {column}, first {place}:"
        " numbers in all of them are added up as one. Convert"
        ' them, or keep one (keep = {{ "{column}" = [...] }} in the room file).',
        "按列 {column}，{of:,} 行中有 {rows:,} 行分属多种单位（{declared}），首次出现在{place}：各种单位的数会直接相加。请先换算，或只保留一种"
        '（房间文件中写 keep = {{ "{column}" = [...] }}）。',
    ),
    "concern.counted": (
        "{rows:,} of {of:,} rows stand for several events each by {column}, which is not read ({declared}), first {place}:"
        " each row counts as one event. Export one row per event, or read frequencies as numbers of rows.",
        "按未读取的列 {column}（{declared}），{of:,} 行中有 {rows:,} 行各代表多个事件，首次出现在{place}：每行只计为一个事件。"
        "请按每个事件一行导出，否则频次指的是行数。",
    ),
    "concern.measures": (
        "{rows:,} of {of:,} rows seem to say in {column}, which is not read, which measure their number is ({declared}),"
        " first {place}: all of"
        ' them are added up as one. Keep one: keep = {{ "{column}" = [...] }} in the room file, or export a column for each.',
        "{of:,} 行中有 {rows:,} 行似乎在未读取的列 {column} 中说明其数是哪个指标（{declared}），首次出现在{place}：它们会直接相加。"
        '请只保留一个：房间文件中写 keep = {{ "{column}" = [...] }}，或每个指标导出为一列。',
    ),
    "concern.zones": (
        "{rows:,} of {of:,} rows have time zones of their own ({declared}) in {column}, first {place}:"
        " times without an offset are all read in the one zone of the room file. Export them with their offset, or in one"
        " zone.",
        "列 {column} 在 {of:,} 行中有 {rows:,} 行写有各自的时区（{declared}），首次出现在{place}："
        "没有偏移量的时间都按房间文件的同一时区读。请连同偏移量导出，或统一为一个时区。",
    ),
    "concern.mac-days": (
        "The newest of the {rows:,} times of {column} is of {declared} ({place}): does the workbook count days from 1904,"
        " as Excel for Mac did? Then all are four years and a day too early. Export dates, not their numbers.",
        "{column} 的 {rows:,} 个时间中最新的是 {declared}（{place}）：工作簿是否从 1904 年起计日（如旧版 Mac Excel）？"
        "若是，所有时间都早了四年零一天。请导出日期而非序号。",
    ),
    "concern.total-elsewhere": (
        "{rows:,} of {of:,} rows have a word for a total, such as Subtotal, in {column}, which is not read, first"
        " {place}: if they add up other rows, and are no names of brands or people, remove them, or people and"
        " amounts count twice.",
        "{of:,} 行中有 {rows:,} 行在未读取的列 {column} 中写有小计之类的词，首次出现在{place}："
        "若它们是汇总行而非品牌名或人名，请删除，否则人和金额会重复计算。",
    ),
    "concern.subtotals": (
        "{rows:,} of the {of:,} people with several rows have one whose {column} is the sum of"
        " their others, first {place}: is it a subtotal, or a row that occurs twice? Remove such"
        " rows, or each amount counts twice.",
        "在有多行的 {of:,} 人中，{rows:,} 人有一行的 {column} 等于其余各行之和，首次出现在{place}："
        "它是小计行，还是重复的行？请删除这些行，否则金额会重复计算。",
    ),
    "concern.adding-up": (
        "{rows:,} of {of:,} rows have a {column} that is the sum of the rows next to them, or of all others, first {place}:"
        " are they groups of a pivot table, or totals? They count as people, or events, and their amounts twice. Remove"
        " them, or export one row for each person.",
        "{of:,} 行中有 {rows:,} 行的 {column} 等于相邻各行或其余所有行之和，首次出现在{place}：它们是数据透视表的分组还是合计？"
        "它们被当作人或事件计入，金额会重复计算。请删除这些行，或按每人一行导出。",
    ),
    "concern.copied": (
        "{rows:,} of the {of:,} people with several rows have each {column} {declared} times,"
        " first {place}: was the list combined with itself, or are rows repeated by a join?"
        " Added up, each amount counts that many times. Remove the repeats, or declare"
        ' duplicates = "first".',
        "在有多行的 {of:,} 人中，{rows:,} 人的每个 {column} 都出现 {declared} 次，首次出现在{place}：名单是否被重复粘贴，或因关联（join）而重复？"
        '相加后每笔金额会计算这么多次。请删除重复的行，或声明 duplicates = "first"。',
    ),
    "concern.mixed-points": (
        "{rows:,} of {of:,} cells of {column} have three digits after a point and end with 0,"
        " first {place}, and others have one or two, first {other}: 1.500 is read as one and a"
        " half. If it means fifteen hundred, write all cells in one way and declare thousands;"
        " if not, declare decimal.",
        "{column} 的 {of:,} 个单元格中有 {rows:,} 个在点后有三位数字且以 0 结尾，首次出现在{place}，"
        "其他的只有一两位，首次出现在{other}：1.500 按一点五读。若它表示一千五百，请统一写法并声明 thousands，否则声明 decimal。",
    ),
    "concern.order-totals": (
        "{rows:,} of {of:,} rows looked at that repeat an earlier {declared} have its {column} again, first {place}: is it"
        " the total of an order, beside each of its items, or an event that two programs sent? Then it counts several"
        " times: name {declared} as the key of the events, or export a row for each. If the rows of one {declared} add up to"
        " what was paid for it, since each is an item, a share or an instalment, all is right.",
        "所查看的行中有 {of:,} 行与前面某行的 {declared} 相同，其中 {rows:,} 行的 {column} 也相同，首次出现在{place}："
        "它是否为在每个商品行重复出现的整单金额，或由两个程序各发送一次的同一事件？若是，则会重复计算："
        "请将 {declared} 声明为事件的 key，或每个只导出一行。若同一 {declared} 各行之和等于实付金额（各行为单件、分摊或分期），则无需改动。",
    ),
    "concern.pieces": (
        "{rows:,} of {of:,} rows are of several pieces by {column}, which is not read, first {place}, and {declared} is named"
        " like the price of one: then sums are too low. Export the amount of the row, price times quantity.",
        "按未读取的列 {column}，{of:,} 行中有 {rows:,} 行不止一件，首次出现在{place}，而 {declared} 的列名像是单价："
        "若是，总和会偏低。请导出该行的金额，即单价乘以数量。",
    ),
    "concern.hundredths": (
        "{rows:,} of {of:,} numbers of {column} are whole and about {declared} times the others, which have decimals, first"
        " {place}: are two exports put together, one in cents and one in euros? Write all in one unit.",
        "{column} 的 {of:,} 个数字中有 {rows:,} 个是整数，约为其余带小数的数的 {declared} 倍，首次出现在{place}："
        "是否把以分计和以元计的两份导出合在了一起？请统一单位。",
    ),
    "concern.no-cents": (
        "{rows:,} of {of:,} numbers of {column} have decimals, first {place}, but their currency has none ({declared}): SAP"
        " stores yen and the like divided by 100. If they are a hundred times too small, multiply them by 100 before you"
        " export.",
        "{column} 的 {of:,} 个数字中有 {rows:,} 个带小数，首次出现在{place}，但其货币没有辅币单位（{declared}）："
        "SAP 中日元等货币的金额是除以 100 后存储的。若数值小了 100 倍，请乘以 100 后再导出。",
    ),
    "concern.of-customers": (
        "{rows:,} of the {of:,} people with several events have one {column} in all of them, first {place}: is it the sum of"
        " all their orders, beside each? Added up, it counts several times. Use the amount of the order, unless each was"
        " paid by itself.",
        "在有多个事件的 {of:,} 人中，{rows:,} 人各事件的 {column} 都相同，首次出现在{place}："
        "它是否为该顾客的累计金额，在每笔订单旁重复出现？相加会重复计算。请使用订单金额，除非每次都是各自的付款。",
    ),
    "concern.left-out-amounts": (
        "{rows:,} rows that the key {column} leaves out have another amount than the row that counts, {of:,} of them below"
        " zero, first {place}: these amounts ({declared} together) are not in the sums, and refunds are not taken off. If they"
        " are events of their own, name a column that tells them apart as the key, or none.",
        "按 key {column} 剔除的行中有 {rows:,} 行的金额与计入的行不同，其中 {of:,} 行为负，首次出现在{place}："
        "这些金额（合计 {declared}）不在总和内，退款也未扣除。若它们是各自的事件，请将能区分它们的列声明为 key，或不声明 key。",
    ),
    "concern.order-moment": (
        "{rows:,} of {of:,} rows looked at that have person and time of an earlier one, and another label, have its {column}"
        " again, first {place}: is it the total of an order, beside each of its items, or one event that several sources are"
        " credited with? Added up, it counts several times. Export a row for each order or event, or a column that tells them"
        " apart and name it as the key, unless each row was paid by itself.",
        "所查看的行中有 {of:,} 行与前面某行的人和时间相同而标签不同，其中 {rows:,} 行的 {column} 也相同，首次出现在{place}："
        "它是否为在每个商品行重复出现的整单金额，或同时归功于多个来源的同一事件？相加会重复计算。"
        "请每笔订单或每个事件只导出一行，或导出能区分它们的列并声明为 key，除非每行是各自的付款。",
    ),
    "concern.order-people": (
        "{rows:,} of {of:,} rows looked at that repeat an earlier {declared} have its {column} again, first {place}: is it"
        " the total of an order, beside each of its items or people? Then it counts several times: export it in one row"
        " of each {declared} (0 in the others), or divided among them. If the rows of one {declared} add up to what was paid"
        " for it, all is right.",
        "所查看的行中有 {of:,} 行与前面某行的 {declared} 相同，其中 {rows:,} 行的 {column} 也相同，首次出现在{place}："
        "它是否为在每个商品行或每位参加者处重复出现的整单金额？若是，则会重复计算："
        "请每个 {declared} 只在一行导出该金额（其余写 0），或分摊到各行。若同一 {declared} 各行之和等于实付金额，则无需改动。",
    ),
    "concern.snapshots": (
        "{rows:,} of {of:,} people have a row for each {declared}, and {column} looks like a balance or an amount so far,"
        " first {place}: added up, it counts several times. Keep the rows of one day"
        ' (keep = {{ "{declared}" = [...] }} in the room file), unless each row has an amount of its own.',
        "{of:,} 人中有 {rows:,} 人对每个 {declared} 各有一行，而 {column} 像是余额或累计值，首次出现在{place}：相加会重复计算。"
        '请只保留一天的行（房间文件中写 keep = {{ "{declared}" = [...] }}），除非每行都是各自的金额。',
    ),
    "concern.between-thousands": (
        "{rows:,} of {of:,} cells of {column} have three digits behind each declared decimal sign, first {place}:"
        ' 1{declared}230 is read as one and a part. If it is a thousand and more, declare thousands = "{declared}" and'
        " another sign for decimals.",
        "{column} 的 {of:,} 个单元格中有 {rows:,} 个在每个声明的小数点后都恰有三位数字，首次出现在{place}："
        '1{declared}230 按一点几读。若它表示一千多，请声明 thousands = "{declared}"，并另行声明小数点。',
    ),
    "concern.dialled": (
        "{rows:,} of the {of:,} numbers of {column} without + and 00 may be national ones: no region is declared, so their"
        " first digits count as a country's code ({declared}). Declare the region, or write + and the country code.",
        "{column} 中不带 + 和 00 的 {of:,} 个号码有 {rows:,} 个可能是国内写法：未声明 region，"
        "开头几位按国家代码计（{declared}）。请声明 region，或写 + 和国家代码。",
    ),
    "concern.plus-alone": (
        "{rows:,} of the {of:,} numbers looked at in {column} have a + and not the code of their country"
        " ({declared}): they count as numbers of another country. Write the country code after the +.",
        "{column} 中所查看的 {of:,} 个号码有 {rows:,} 个带 + 却没有所在国家的代码（{declared}）："
        "它们按另一个国家的号码计。请在 + 后写国家代码。",
    ),
    "concern.american": (
        "{rows:,} of the {of:,} numbers looked at in {column} are written as in North America, such as (415) 555-2671,"
        " without a country code: they count as numbers of {declared}. If some are American, write +1 before them.",
        "{column} 中所查看的 {of:,} 个号码有 {rows:,} 个采用北美写法，如 (415) 555-2671，且没有国家代码："
        "它们按 {declared} 的号码计。若其中有北美号码，请在前面写 +1。",
    ),
}
