"""Words of the form of a question: what helps to fill it in, in two languages."""

from typing import Final

NUMBERS: Final = ("Numbers, separated by commas", "数字，以逗号分隔")
COSTS: Final = (
    "One campaign per line, such as Hero Video = 1200; it stays between the two parties.",
    "每行一个活动，例如 Hero Video = 1200；仅双方可见。",
)

ASK: Final = {
    "hint.group_by": ("Choose none for a single total.", "不选则只给出总计。"),
    "hint.where": (
        "One condition per line, such as brand.tier = 'gold'; all have to hold",
        "每行一个条件，例如 brand.tier = 'gold'；须全部满足",
    ),
    "hint.start": ("UTC", "UTC"),
    "hint.end": ("UTC, exclusive", "UTC，不含该时刻"),
    "hint.resolution": ("Such as 1s, 1m", "例如 1s、1m"),
    "hint.campaigns": ("Separated by commas; empty means all", "以逗号分隔；留空表示全部"),
    "hint.weights": NUMBERS,
    "hint.credits": NUMBERS,
    "field.others": ("Together with", "同时涉及"),
    "ask.others.hint": (
        "{hub} is the hub: each of its people is counted once across {first} and everything that"
        " you tick, one dataset of each party. Every other party has to approve.",
        "以 {hub} 为 hub：其中每人在 {first} 与所勾选的数据集上只计一次；每方限选一个数据集，"
        "各方均须批准。",
    ),
    "ask.others.first": (
        "The people go only to the owner of {first}.",
        "人群只发给 {first} 的所有方。",
    ),
    "ask.more": (
        "More settings ({count}), with their defaults",
        "更多设置（{count} 项，已按默认值填写）",
    ),
    "ask.usual": ("default: {value}", "默认：{value}"),
    "ask.optional": ("not chosen", "不选"),
    "ask.preview.first": (
        "First see what it costs and what the noise does; then ask.",
        "请先查看消耗与噪声，再提交。",
    ),
    "ask.no_fitting": (
        "No aligned datasets of this room fit this question: it needs {brand} of the brand and "
        "{platform} of the platform.",
        "此房间没有适合该查询的已对齐数据集：需要品牌方的{brand}与平台方的{platform}。",
    ),
    "ask.kind.audience": ("an audience", "人群数据"),
    "ask.kind.events": ("events", "事件数据"),
    "ask.kind.any": ("any dataset", "任意数据集"),
    "hint.boundary": (
        "Whether a conversion exactly one window after a touch still counts.",
        "触点之后恰好一个窗口时的转化是否计入。",
    ),
    "hint.half_life": (
        "A touch this much earlier earns half the credit.",
        "触点每早这么久，贡献减半。",
    ),
    "hint.brand_costs": COSTS,
    "hint.platform_costs": COSTS,
    "hint.max_value_per_person": (
        "A number for all measures, or one measure per line, such as value = 500",
        "一个数字适用于全部度量，或每行一个度量，例如 value = 500",
    ),
    "ask.again": ("Ask it on a schedule", "定期重复查询"),
    "ask.again.lead": (
        "Leave this empty to ask once. Otherwise every run is asked by your agent, about the newest"
        " versions that both sides have aligned by then; the other side approves all runs at once,"
        " and either side can stop it. The preview says what all runs cost.",
        "留空则只查询一次。否则由您的代理按时执行，每次使用双方届时已对齐的最新版本；"
        "另一方一次批准全部执行，任何一方可随时终止。预览显示全部执行的总消耗。",
    ),
    "ask.again.role": (
        "Only a person who may also approve can declare it, since it agrees to every run.",
        "声明即同意全部执行，须由同时具有批准权限的人员进行。",
    ),
    "ask.declare": ("Ask it on a schedule", "声明为定期查询"),
    "field.every": ("How often", "间隔"),
    "field.until": ("Last day", "最后一天"),
    "field.first": ("First run", "首次执行"),
    "hint.every": ("Such as 12h, 1d, 1w", "例如 12h、1d、1w"),
    "hint.until": ("All of that day, UTC", "含当日，UTC"),
    "hint.first": ("UTC; at once if left empty", "UTC；留空则立即开始"),
    "hint.purpose": ("As the agreement grants it.", "以协议授权为准。"),
}
