"""Chinese of refusals by files and documents, under the English."""

from __future__ import annotations

from typing import Final

REFUSALS: Final = {
    "the Paillier key does not have the agreed length": "Paillier 密钥的长度与约定不同",
    "{} is not a card: {}": "{} 不是名片：{}",
    "the Paillier key of {}: {}": "{} 的 Paillier 密钥：{}",
    "{}: a value has no canonical form": "{}：某个值没有规范形式",
    "{}: {}: there is no such field.": "{}：{}：没有这个字段。",
    "{}: The file is {}.": "{}：文件为 {}。",
    "Save it as text in UTF-8.": "请保存为 UTF-8 文本。",
    "{}: The file is larger than {} MiB.": "{}：文件超过 {} MiB。",
    "{} is not a file.": "{} 不是文件。",
    "{} cannot be read: {}.": "{} 无法读取：{}。",
    "The file name has a character that no file name can have.": "文件名中有不允许的字符。",
    "This is not UTF-8.": "这不是 UTF-8。",
    "{}: The file is nested too deeply, or a number is too long.": "{}：文件嵌套过深，或数字过长。",
    "{} cannot be read as a table: {}": "{} 无法作为表格读取：{}",
    "There is no such profile.": "没有这样的规范。",
    "Choose {}.": "请选择 {}。",
    "There is no such region.": "没有这样的地区。",
    "Use two letters such as CN or US.": "请用两个字母，例如 CN 或 US。",
    "This label has more than {} different values.": "该标签有超过 {} 种取值。",
    "Group the values, or leave the column out.": "请合并取值，或去掉该列。",
    "{} of the entries there would not be read: this one is {}.": (
        "该处有 {} 个文件不会被读取：这一个为 {}。"
    ),
    "It holds the very same bytes as {}: its rows would count twice.": (
        "其内容与 {} 完全相同：各行会被计算两次。"
    ),
    "Remove one of them.": "请去掉其中一个。",
    "The file is {}.": "文件为 {}。",
    "This part has no bytes, not even a header.": "这一分区没有任何字节，连表头也没有。",
    "Spark writes such a part where it has no rows: remove it if the job ended well, "
    "else export again.": (
        "Spark 为没有行的分区写出这样的文件：若作业正常结束，请删除它，否则请重新导出。"
    ),
    "Its header spans several lines.": "其表头跨越多行。",
    "Combine such files yourself.": "请自行合并这些文件。",
    "This is not a Parquet file: {}.": "这不是 Parquet 文件：{}。",
    "It cannot be fetched: {}.": "无法获取：{}。",
    "This Delta table cannot be read: {}.": "无法读取该 Delta 表：{}。",
    "It is a table of Hudi, whose files also hold former versions of its rows.": (
        "这是 Hudi 表，其文件中还含有各行的旧版本。"
    ),
    'Read its newest version by a query: source = "spark" beside query.': (
        '请用查询读取其最新版本：在 query 旁写 source = "spark"。'
    ),
    "This Iceberg table cannot be read: {}.": "无法读取该 Iceberg 表：{}。",
    "Name it iceberg://CATALOG/NAMESPACE.TABLE; PyIceberg has to know the catalog.": (
        "请写成 iceberg://CATALOG/NAMESPACE.TABLE；PyIceberg 须已配置该目录。"
    ),
    "The query failed: {}": "查询失败：{}",
    "A query is one SELECT.": "一个查询为一条 SELECT。",
    "This needs the package {}.": "这需要软件包 {}。",
    "Run: pip install {}": "请运行：pip install {}",
    "It has different columns or types from {}.": "其列或类型与 {} 不同。",
    (
        "Write all files with one schema, or use a query: SELECT * FROM"
        " read_parquet('folder/*.parquet', union_by_name = true)."
    ): (
        "请统一格式，或使用查询：SELECT * FROM read_parquet('folder/*.parquet', union_by_name "
        "= true)。"
    ),
    "It begins with a different header from {}.": "其表头与 {} 不同。",
    ("Export all with the same columns in the same order, or name those that belong together."): (
        "请以相同的列和顺序导出，或指明哪些文件属于一起。"
    ),
    "the job needs rho {}, of {} only {} is left": "任务需要 rho {}，{} 中仅剩 {}",
    "{} already exists.": "{} 已存在。",
    "Give --overwrite to replace it.": "请用 --overwrite 替换。",
    "There is no engine {}.": "没有引擎 {}。",
    "Use {} or {}.": "请填写 {} 或 {}。",
    "Spark reads tables by a query.": "Spark 通过查询读取表。",
    'Write query = "SELECT ... FROM ..." and source = "spark" in its section.': (
        '请在其小节中写入 query = "SELECT ... FROM ..." 和 source = "spark"。'
    ),
    "Name files of one kind: folder/*.csv or folder/*.parquet.": (
        "请指定同一种文件：folder/*.csv 或 folder/*.parquet。"
    ),
    "A worker has different versions from this machine: {} there, {} here.": (
        "某个工作节点的软件版本与本机不同：该处为 {}，本机为 {}。"
    ),
    "Install the same versions on all workers.": "请在所有工作节点上安装相同的版本。",
    "A worker could not read a part of it: {}.": "某个工作节点无法读取其中一部分：{}。",
    "Can every worker open the file, and write to its temporary folder?": (
        "每个工作节点是否都能打开该文件，并写入其临时文件夹？"
    ),
    "Not all parts were answered for.": "有部分内容没有得到应答。",
    "The file has no rows below its header.": "文件的表头之下没有行。",
    "Is it the right file? Export it again.": "文件是否正确？请重新导出。",
    "A worker's answer is not well-formed.": "某个工作节点的应答格式不正确。",
    "Spark needs Java.": "Spark 需要 Java。",
    "Install a Java 17 or 21, such as openjdk-17-jre-headless, or set JAVA_HOME.": (
        "请安装 Java 17 或 21，例如 openjdk-17-jre-headless，或设置 JAVA_HOME。"
    ),
    "Spark cannot ask {}.": "Spark 无法查询 {}。",
    'Leave out --engine, or write source = "spark" and a query of Spark.': (
        '请去掉 --engine，或写入 source = "spark" 和 Spark 的查询。'
    ),
    "Spark lost a part of the rows.": "Spark 丢失了部分行。",
    "Run the command again.": "请重新运行该命令。",
    "Spark does not take the query: {}": "Spark 不接受该查询：{}",
    "A Spark session is already running here without {}.": "此处运行的 Spark 会话没有 {}。",
}
