"""Chinese of what ``cleanroom-server doctor`` found of a mediator, and of the ways out."""

from __future__ import annotations

from typing import Final

from cleanroom.words.languages import Language
from cleanroom.words.refusals import Rows

FOUND: Final[dict[str, str]] = {
    "check": "检查项",
    "detail": "情况",
    "ok": "正常",
    "FAILED": "有问题",
    "python": "Python",
    "Install 3.11.": "请安装 3.11。",
    "home": "主目录",
    "Give the mediator's folder with --home.": "请用 --home 给出中介方的主目录。",
    "There is no mediator in {}.": "{} 中没有中介方。",
    "Run: init": "请运行：cleanroom-server init",
    "The files of {} are damaged.": "{} 的文件已损坏。",
    "Restore a backup.": "请恢复备份。",
    "{} is only partly restored.": "{} 只恢复了一部分。",
    "Empty it and run: cleanroom-server restore": "请清空后运行：cleanroom-server restore",
    "others can enter or read {}": "其他用户可以进入或读取 {}",
    "accessible only to its owner": "只有所有者可以访问",
    "disk": "磁盘",
    "{} GB free": "可用 {} GB",
    "Free space, or move uploads.": "请释放空间，或迁移上传内容。",
    "server": "服务进程",
    "running on this home": "正在此主目录上运行",
    "none is running on this home": "此主目录上没有运行的服务进程",
    "database": "数据库",
    "it is in PostgreSQL, and psycopg is missing": "数据库在 PostgreSQL 中，而缺少 psycopg",
    "Run: pip install 'cleanroom-two-party[postgresql]'": (
        "请运行：pip install 'cleanroom-two-party[postgresql]'"
    ),
    "none yet: the first start creates it": "尚无：首次启动时创建",
    "Repair the disk, or restore a backup into an empty home: cleanroom-server restore": (
        "请修复磁盘，或把备份恢复到空目录：cleanroom-server restore"
    ),
    "Install a Python whose SQLite is 3.37 or later.": (
        "请安装 SQLite 为 3.37 或更高版本的 Python。"
    ),
    "Check that it is running and that the address and the password are right: the home keeps the"
    " address, PGPASSWORD or ~/.pgpass the password.": (
        "请检查它是否运行、地址与口令是否正确：地址在主目录中，口令在 PGPASSWORD 或 ~/.pgpass 中。"
    ),
    "schema": "表结构",
    "made by a later version of cleanroom": "由更高版本的 cleanroom 创建",
    "Install that version, or a later one.": "请安装该版本或更高版本。",
    "made by an earlier version: {} changes are missing": "由较早版本创建：缺少 {} 处改动",
    "version {}": "第 {} 版",
    "Restart every server with this version: the first makes them.": (
        "请用本版本重启每个服务进程：第一个启动者完成改动。"
    ),
    "there are no tables": "没有表",
    "Start the server once: it creates them.": "请启动一次服务进程：它会创建这些表。",
    "encoding": "编码",
    "Create another: createdb -E UTF8": "请另建一个：createdb -E UTF8",
    "owner": "归属",
    "this mediator": "本中介方",
    "nobody yet": "尚无归属",
    "The database is another mediator's: its tables name another key. Give each its own.": (
        "该数据库属于另一中介方：表中记的是另一把密钥。请各用各的数据库。"
    ),
    "writes": "写入",
    "the server is a standby": "该数据库是备用服务器",
    "transactions are read-only": "事务为只读",
    "allowed": "允许",
    "this user may not create tables": "此用户不可建表",
    "Give the address of the primary, and a user that owns the database.": (
        "请给出主服务器的地址，以及拥有该数据库的用户。"
    ),
    "durable": "持久性",
    "yes": "是",
    "{} off: a power cut may lose what was acknowledged": "{} 已关闭：断电可能丢失已确认的内容",
    "Set {} in postgresql.conf, and restart it.": "请在 postgresql.conf 中设置 {} 并重启。",
    "connections": "连接数",
    "{} for cleanroom, {} for each server with its worker": (
        "可供 cleanroom 使用 {} 个，每个服务进程及其工作进程需要 {} 个"
    ),
    "Raise max_connections, or lower CLEANROOM_DATABASE_CONNECTIONS.": (
        "请提高 max_connections，或降低 CLEANROOM_DATABASE_CONNECTIONS。"
    ),
    "several servers": "多个服务进程",
    "{} machines have the database open": "{} 台机器打开了该数据库",
    "{}; uploads are in this home, so only one machine can serve": (
        "{}；上传内容在此主目录中，因此只能由一台机器提供服务"
    ),
    "Stop all servers but that of this home, or keep uploads in an object store: cleanroom-server"
    " move": "请停止此主目录以外的服务进程，或把上传内容存入对象存储：cleanroom-server move",
    "notifications": "通知",
    "arrive": "可以送达",
    "do not arrive: servers and workers only look at times": (
        "无法送达：服务进程与工作进程只能定时查看"
    ),
    "A pooler in between has to pool by session (PgBouncer: pool_mode = session).": (
        "中间的连接池须按会话分配（PgBouncer：pool_mode = session）。"
    ),
    "database clock": "数据库时钟",
    "{} s from this machine's": "与本机相差 {} 秒",
    "Set the clock of every server and of the database by NTP.": (
        "请用 NTP 校准每台服务器与数据库的时钟。"
    ),
    "uploads": "上传内容",
    "files of this home": "此主目录的文件",
    "{}: written, read, deleted": "{}：可写、可读、可删",
    "Check that AWS_ENDPOINT_URL, AWS_REGION and the keys are right, the bucket exists, and the"
    " keys may put, get, list and delete.": (
        "请检查 AWS_ENDPOINT_URL、AWS_REGION 与密钥是否正确，存储桶是否存在，"
        "以及密钥是否可以写入、读取、列出和删除。"
    ),
    "Free space, and let the home belong to the user that serves it.": (
        "请释放空间，并让主目录属于运行服务进程的用户。"
    ),
    "The home's uploads are in an object store, and obstore is missing.": (
        "此主目录的上传内容在对象存储中，而缺少 obstore。"
    ),
    "Run: pip install 'cleanroom-two-party[s3]'": "请运行：pip install 'cleanroom-two-party[s3]'",
    "conditional writes": "条件写入",
    "kept": "遵守",
    "the store overwrites what it should refuse": "存储覆盖了本应拒绝的内容",
    "Use a store that supports If-None-Match and If-Match.": (
        "请使用支持 If-None-Match 与 If-Match 的存储。"
    ),
    "state": "状态",
    "Repair the database and check again.": "请修复数据库后再检查。",
    "clock": "时钟",
    "{} s behind the last entry of a log": "比日志的最后一条晚 {} 秒",
    "after every entry": "晚于每一条目",
    "Set this machine's clock by NTP; until then no log's time runs backwards.": (
        "请用 NTP 校准本机时钟；在此之前，日志的时间不会倒退。"
    ),
    "worker": "工作进程",
    "{} questions wait": "{} 个查询在等待",
    "{} questions wait, {} for more than {} s": "{} 个查询在等待，其中 {} 个已超过 {} 秒",
    "Start a server, which brings its worker: cleanroom-server run. If one runs, add another, or"
    " see its log.": (
        "请启动服务进程，工作进程随之启动：cleanroom-server run。若已有一个在运行，"
        "请再加一个，或查看其日志。"
    ),
    "address": "地址",
    "{}: ready": "{}：就绪",
    "Check that the server is running, and that the proxy, its certificate and the firewall let"
    " agents through.": "请检查服务进程是否在运行，以及代理、证书与防火墙是否允许各方代理访问。",
    "See the server's log; 503 means that its database, disk or clock is wrong, any other status"
    " that something else answers there.": (
        "请查看服务进程的日志；503 表示其数据库、磁盘或时钟有问题，其他状态码表示应答的是别的程序。"
    ),
    "server clock": "服务器时钟",
    "Set both clocks by NTP.": "请用 NTP 校准两边的时钟。",
}
"""The English with {} for what is filled in."""

_ROWS: Final = Rows(FOUND)


def found_in_words(text: str, language: Language) -> str:
    """Return what a doctor found, or a way out, in a language; what is filled in stays."""
    return text if language == "en" else _ROWS.told(text) or text
