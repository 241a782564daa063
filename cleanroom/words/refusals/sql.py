"""Chinese of refusals by what is asked in SQL, under the English."""

from __future__ import annotations

from typing import Final

REFUSALS: Final = {
    "Name both, as in FROM {}(BRAND, PLATFORM).": "请写明双方，例如 FROM {}(BRAND, PLATFORM)。",
    "The sums of one question belong to one side.": "一个查询的求和只能属于一方。",
    "Ask twice.": "请分两次查询。",
    "Both sides have a measure {}; a question would sum the brand's.": (
        "双方都有度量 {}；查询会对品牌方的求和。"
    ),
    "Have one of them uploaded under another name.": "请将其中之一以另一名称上传。",
    "The datasets are named twice: in FROM and by an option.": (
        "数据集指定了两次：在 FROM 中和在选项中。"
    ),
    "The room does not allow this: {}.": "房间不允许此查询：{}。",
    "The {} has no dataset {} ready (has: {}).": "{}没有就绪的数据集 {}（已有：{}）。",
    "Several datasets of the {} fit: {}.": "{}有多个数据集符合：{}。",
    "SQL can ask {}, not {}.": "SQL 可以查询 {}，不能查询 {}。",
    (
        'Ask it from a room file: a section [[jobs]] with template = "{}", then cleanroom'
        " job ask FILE NAME; or on the console, or from a notebook."
    ): (
        '请用房间文件查询：写一个 template = "{}" 的 [[jobs]] 小节，再运行 cleanroom job ask'
        " FILE NAME；或使用控制台、笔记本。"
    ),
    "This cannot be asked in SQL: {}.": "无法用 SQL 这样查询：{}。",
    "Write it like: {}.": "请写成：{}。",
    "it cannot be read as SQL": "无法作为 SQL 读取",
    "it has more than {} characters": "超过 {} 个字符",
    "one question is one SELECT": "一个查询为一条 SELECT",
    "one question is one SELECT: leave WITH out": "一个查询为一条 SELECT：请去掉 WITH",
    "a person is counted once: leave DISTINCT out": "每人只计一次：请去掉 DISTINCT",
    "small groups are left out by the room's own rule: leave HAVING out": (
        "小分组由房间的规则略去：请去掉 HAVING"
    ),
    "FROM names a template, which joins by itself: leave JOIN out": (
        "FROM 指定模板，其自行连接：请去掉 JOIN"
    ),
    "every group above the room's threshold is shown: leave LIMIT out": (
        "达到房间阈值的分组全部显示：请去掉 LIMIT"
    ),
    "sort the answer where you read it: leave ORDER BY out": "请在读取结果时排序：请去掉 ORDER BY",
    "{} is not allowed here": "此处不允许 {}",
    "FROM names a template: {}": "FROM 指定模板：{}",
    "FROM names a template, {}, not {}": "FROM 指定模板 {}，而不是 {}",
    "{}(BRAND, PLATFORM) names one dataset of each side": (
        "{}(BRAND, PLATFORM) 须为每方指定一个数据集"
    ),
    "GROUP BY names exactly the columns that are selected beside COUNT and SUM": (
        "GROUP BY 须恰为 COUNT 与 SUM 之外所选的各列"
    ),
    "GROUP BY {} is not a position in the SELECT": "GROUP BY {} 不是 SELECT 中的位置",
    "a dataset is named without quotes": "数据集名称不加引号",
    "a column is written brand.NAME or platform.NAME": "列写成 brand.NAME 或 platform.NAME",
    "{} is not a side: write brand.NAME or platform.NAME": (
        "{} 不是任何一方：请写成 brand.NAME 或 platform.NAME"
    ),
    "an average is SUM divided by COUNT(*): ask for both": (
        "平均值为 SUM 除以 COUNT(*)：请同时查询两者"
    ),
    "select columns, COUNT(*) and SUM(side.measure)": "请选取列、COUNT(*) 与 SUM(side.measure)",
    "a question counts: select COUNT(*) or a SUM": "查询须有计数：请选取 COUNT(*) 或 SUM",
    "people are counted: write COUNT(*)": "所计为人数：请写 COUNT(*)",
    "GREATEST takes a column of stages from each side": "GREATEST 须从每方各取一个阶段列",
    "FILTER goes after COUNT(*)": "FILTER 须在 COUNT(*) 之后",
    (
        "FILTER names a funnel's step: WHERE step = 'NAME' (seen there), or WHERE step >="
        " 'NAME' (got that far)"
    ): (
        "FILTER 指定漏斗的步骤：WHERE step = 'NAME'（在该步出现），或 WHERE step >= 'NAME'（"
        "到达该步）"
    ),
    "only a funnel has steps: leave FILTER out": "只有漏斗才有步骤：请去掉 FILTER",
    "an empty cell is the label 'unknown': write = 'unknown'": (
        "空单元格即标签 'unknown'：请写 = 'unknown'"
    ),
    "labels are not numbers: have buckets declared for the column, and use = or IN": (
        "标签不是数字：请为该列声明分段，并使用 = 或 IN"
    ),
    "NOT and OR take conditions on one column": "NOT 与 OR 只能用于同一列的条件",
    "a condition is =, <>, IN or NOT IN over values in single quotes": (
        "条件为 =、<>、IN 或 NOT IN，取值写在单引号中"
    ),
    "IN takes a list of values in single quotes": "IN 须为单引号中取值的列表",
    "OR joins values of one column only: ask twice": "OR 只能连接同一列的取值：请分两次查询",
    "values go in single quotes": "取值写在单引号中",
    "labels are text: write the value in single quotes": "标签为文本：请将取值写在单引号中",
    "{} has no stages: leave GREATEST out": "{} 没有阶段：请去掉 GREATEST",
    "{} counts people: leave SUM out": "{} 只计人数：请去掉 SUM",
    "{} counts people by one column of the platform's, that of campaigns": (
        "{} 按平台方的一列，即活动列，计人数"
    ),
    "name the campaigns that count: write = or IN": "请写明所计的活动：使用 = 或 IN",
    "aipl counts people by the higher of both sides' stages": "aipl 按双方阶段中较高者计人数",
    "aipl_flow counts people by two stages, before and after": "aipl_flow 按前后两个阶段计人数",
    "No {} of the {} has {}. {}": "{1}的数据集（{0}）中没有一个具有 {2}。{3}",
    "channel_flow counts people by a channel of the platform's and two stages, before and after": (
        "channel_flow 按平台方的渠道和前后两个阶段计人数"
    ),
    (
        "funnel counts people at each step, all of them with = or all with >=, by one column"
        " of the platform's, that of channels, or by none"
    ): ("funnel 计每一步的人数，各步都用 = 或都用 >=，并按平台方的一列（渠道列）分组，或不分组"),
    "{} has the labels {} and the measures {}.": "{} 的标签为 {}，度量为 {}。",
}
