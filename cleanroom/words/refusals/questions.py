"""Chinese of refusals by templates, under the English."""

from __future__ import annotations

from typing import Final

REFUSALS: Final = {
    "{} has not granted activation": "{} 没有授予人群激活",
    "{} has granted activation for other purposes": "{} 授予的人群激活用于其他用途",
    "the brand receives the size: the platform has the rows": "由品牌接收规模：行在平台一方",
    (
        "the brand alone may ask for a part by its own labels: the platform would learn whose "
        "label is which"
    ): ("只有品牌可以按自己的标签请求其中一部分：否则平台会得知谁有哪个标签"),
    "from and to name one column: a flow needs two snapshots of each side": (
        "from 与 to 是同一列：流转需要每一方的两个快照"
    ),
    "the rule tells clicks from views, but the touches have no action: name their column": (
        "该规则区分点击与浏览，但触点没有动作：请指定其列"
    ),
    "start and end can be left out only if the brand asks the question": (
        "只有由品牌提交时才能省略 start 与 end"
    ),
    "{} counts everybody: its base is not limited to some people.": (
        "{} 统计所有人：其基准不属于所选人群。"
    ),
    "Leave where out.": "请不要填写 where。",
    "{} is asked with the template sequence": "{} 须使用模板 sequence",
    (
        "markov needs the steps of all of the platform's paths, which no condition restricts:"
        " ask another model, or leave where out"
    ): ("markov 需要平台全部路径的各步，条件无法对其限制：请换一种模型，或不用 where"),
    "costs cover everybody a campaign reached: leave out either them or where": (
        "成本对应活动触达的所有人：请去掉成本或 where"
    ),
    "category is a column of the brand, such as brand.category": (
        "category 为品牌的列，例如 brand.category"
    ),
    "categories is the list of the categories asked about": "categories 为所查询的品类列表",
    (
        "the brand receives baskets: with labels that it makes up, the platform could count "
        "one person many times"
    ): ("篮子由品牌接收：否则平台可用编造的标签把一个人计算多次"),
    "the platform has a column of stages in both from and to, or in neither": (
        "平台须在 from 与 to 中都有阶段列，或都没有"
    ),
    (
        "the brand receives flows by channel: with labels that it makes up, the platform could "
        "count one person many times"
    ): ("按渠道的流转由品牌接收：否则平台可用编造的标签把一个人计算多次"),
    "a channel must not be called {}": "渠道不能称为 {}",
    "the elasticity must lie between 0 and 1": "弹性须在 0 与 1 之间",
    "a budget needs at least one label with a cost, and no negative total": (
        "预算需要至少一个有成本的标签，且总额不为负"
    ),
    "no label with a cost earned anything": "有成本的标签均未带来转化",
    "max_conversions must be 1 to {}": "max_conversions 须为 1 至 {}",
    "every measure needs one cap per person, from 0 to 2^53 units": (
        "每个指标都需要一个每人上限，从 0 到 2^53 个单位"
    ),
    (
        "{} shares credit in more than {} ways here: use the sampled profile, fewer campaigns "
        "or shorter windows"
    ): ("{} 在此有超过 {} 种分摊方式：请使用 sampled 方式、减少活动或缩短窗口"),
    "position needs three weights, none negative: first, middle, last": (
        "position 需要三个非负的权重：首次、中间、末次"
    ),
    "the weights of position must add up to 1 or to 100": "position 的权重之和须为 1 或 100",
    "the weights of the first and the last touch cannot both be zero": (
        "首次与末次触点的权重不能同时为零"
    ),
    "last_n needs 1 to {} credits, the most recent first": (
        "last_n 需要 1 至 {} 个分配值，最近的在前"
    ),
    "every credit of last_n must be a number above 0, at most 10^9": (
        "last_n 的每个分配值须大于 0，至多为 10^9"
    ),
    "unknown profile {}: exact or sampled": "未知的方式 {}：exact 或 sampled",
    "unknown model {}: one of {}": "未知的模型 {}：须为 {} 之一",
    "give window, or click_window and view_window, not both": (
        "请填写 window，或填写 click_window 与 view_window，不要同时填写"
    ),
    "unknown boundary {}: inclusive or strict": "未知的边界 {}：inclusive 或 strict",
    "a window cannot be negative": "窗口不能为负",
    "the parts of a credit must be 1 to {}": "一份归因的份数须为 1 至 {}",
    "the channels per person must be 1 to 16": "每人的渠道数须为 1 至 16",
    "time_decay needs a half_life longer than zero": "time_decay 需要大于零的 half_life",
    "{} cannot tell click-through from view-through": "{} 无法区分点击转化与浏览转化",
    "{} needs one window for clicks and views": "{} 的点击与浏览须用同一窗口",
    "{} fixes its windows and its boundary": "{} 的窗口与边界是固定的",
    "{} belongs to {}, not to {}": "{} 属于 {}，不属于 {}",
    "{} is not a duration: write a number and a unit, such as 7d or 30m": (
        "{} 不是时长：请写数字和单位，例如 7d 或 30m"
    ),
    "the resolution must be longer than zero": "分辨率须大于零",
    "the end must come after the start": "结束须晚于开始",
    "too many ticks: choose a coarser resolution or a shorter time": (
        "时间格过多：请选择更粗的分辨率或更短的时间"
    ),
    (
        "paths over {} campaigns can differ in more than {} ways: ask without synergy, or "
        "about fewer campaigns or channels"
    ): ("{} 个活动的路径可能有超过 {} 种：请去掉协同，或减少活动或渠道"),
    "the names of a group need more than {} bytes together": "一个分组的名称合计超过 {} 字节",
    "costs are a table of labels and amounts that are not negative": "成本为标签与非负金额的表",
    (
        "the rows of {} would have {} ticks and {} bytes, more than {} or {}: ask with a "
        "coarser resolution, about a shorter period, or with fewer max_conversions"
    ): (
        "{} 的行会有 {} 个时间格、{} 字节，超过 {} 或 "
        "{}：请使用更粗的分辨率、更短的时间范围或更小的 max_conversions"
    ),
    (
        "{} needs the order of touches of different platforms, which nobody may see: leave model"
        " out, and choose by within which touch of a platform gets its part"
    ): (
        "{} 需要不同平台触点之间的先后，而任何一方都不得看到：请去掉 model，并用 within "
        "说明由平台的哪次触点承担其份额"
    ),
    "within is one of {}: a platform gives its part to one label": (
        "within 须为 {} 之一：平台将其份额给予一个标签"
    ),
    "{} of {} declares {} labels, more than campaigns = {}: ask with campaigns = {}": (
        "{1} 的 {0} 声明了 {2} 个标签，多于 campaigns = {3}：请用 campaigns = {4} 提交"
    ),
    "cap must be below max_frequency: above it frequencies are one": (
        "cap 须小于 max_frequency：超过后频次合并计算"
    ),
    "where and outcome are on different columns: {}.": "where 与 outcome 涉及不同的列：{}。",
    "the columns of the outcome are not among those with conditions": (
        "结果条件的列不在所给条件之中"
    ),
    "an attribute is named twice, or the outcome is made of it": (
        "某个属性出现两次，或由结果条件构成"
    ),
    (
        "start and end are missing: a live room needs them, since times taken from the data"
        " would reveal something about it; in a rehearsal the brand's agent fills them in"
    ): (
        "缺少 start 与 end：正式房间必须填写，因为从数据得出的时间会泄露数据；演练时由品牌的代"
        "理填写"
    ),
    "group_by takes one label column of the platform's touches": "group_by 为平台触点的一个标签列",
    "max_conversions: this model takes one conversion per person": (
        "max_conversions：该模型每人只取一次转化"
    ),
    "max_value_per_person: {} is not among the measures": "max_value_per_person：{} 不在指标之中",
    "The dataset has no times.": "数据集没有时间。",
    'Name their column: time = "...".': '请指定其列：time = "..."。',
    "dataset {} is not a dataset of events": "数据集 {} 不是事件数据集",
    "dataset {} has no measure {}": "数据集 {} 没有指标 {}",
    "max_value_per_person: {} must lie between one unit and 2^53 units": (
        "max_value_per_person：{} 须在一个单位与 2^53 个单位之间"
    ),
    "steps is the list of the funnel's steps, the first one first": (
        "steps 为漏斗各步的列表，第一步在前"
    ),
    "neither dataset has a column of steps": "两个数据集都没有步骤列",
    "the platform's dataset has neither a channel nor a step": "平台的数据集既没有渠道也没有步骤",
    "where: over several datasets conditions are on labels of the hub.": (
        "where：涉及多个数据集时，条件须针对枢纽的标签。"
    ),
    "Write {}.COLUMN.": "请写成 {}.COLUMN。",
    "the question is about one hub and others with it": "该查询涉及一个枢纽及与其联合的各方",
    "the hub of {} is a {}'s, not a {}'s": "{} 的枢纽属于{}，而不是{}",
    "the hub has {}": "枢纽有 {}",
    "the owner of the hub asks and receives": "由枢纽的所有者提交并接收",
    ("{} and {} have {} in common, and {} joins people by one kind of identifier: name it as {}"): (
        "{} 与 {} 共有 {}，而 {} 按一种标识联合人群：请写成 {}"
    ),
    "the arms have no time of assignment": "实验分组没有分配时间",
    "test and control are one label": "test 与 control 是同一个标签",
    "an arm's size counts all of its people: with where, rates are over matched people": (
        "实验组的规模不属于所选人群：使用 where 时比率按匹配人群计算"
    ),
    "the size of an arm needs one row per person": "实验组的规模需要每人一行",
    "the platform has no measure {}": "平台没有指标 {}",
    "the seed, without what is held out, has fewer than {} people": (
        "除留出部分外，种子人群少于 {} 人"
    ),
    "the platform receives the sum: it scores its base": "由平台接收合计：它对自己的基准人群打分",
    "a seed has at least {} people": "种子人群至少 {} 人",
    "features names a measure twice": "features 中有指标出现两次",
    "a row holds {} features at most": "一行最多有 {} 个特征",
    "the platform has no such measure": "平台没有这样的指标",
    "the platform receives the quality: bands are ranks in its own base": (
        "由平台接收质量：分段为其自身基准中的排名"
    ),
    "job {} has no model with {} % held out": "任务 {} 没有留出 {} % 的模型",
    "group_by names the one column of {}, such as platform.{}": (
        "group_by 为 {} 的一列，例如 platform.{}"
    ),
    "{} is not a dataset of kind {}": "{} 不是 {} 类数据集",
    "end must come after start": "end 须晚于 start",
    "the job has a period, but the dataset has no time": "任务有时间范围，但数据集没有时间",
    "a label of {} is longer than {} bytes": "{} 的某个标签超过 {} 字节",
    "{} is not a list of names": "{} 不是名称列表",
    "{} names something twice": "{} 中有重复",
    "over several datasets groups are labels of the hub": "涉及多个数据集时，分组为枢纽的标签",
    "'{}' names no column: write brand.COLUMN or platform.COLUMN": (
        "“{}”不是列：请写成 brand.COLUMN 或 platform.COLUMN"
    ),
    "no one dataset of this job has the measures {}": "该任务没有一个数据集含有全部指标 {}",
    "several tables are counted over uploaded audiences, without sums": (
        "多张表按已上传的受众统计，不求和"
    ),
    "the question has {} groups, more than {}": "该查询有 {} 个分组，多于 {}",
    (
        "{} sent its dataset {} without labels called {} (its labels: {}): ask by one of "
        "those, or have {} send a version with {} among its labels"
    ): (
        "{} 发送的数据集 {} 没有名为 {} 的标签（其标签：{}）：请按其中之一查询，或请 {} "
        "发送标签中含 {} 的版本"
    ),
    "where names its columns in order, each once": "where 按顺序列出各列，每列一次",
    "the columns have too many combinations of labels: name fewer of them": (
        "各列的标签组合过多：请减少列"
    ),
    "a sum of {} could reach 2^61: lower its max or its decimals": (
        "{} 的合计可能达到 2^61：请降低其上限或小数位数"
    ),
    "where is for people: {} has many rows per person": "where 针对人：{} 每人有多行",
    "the columns of a profile belong to one side, whose people are the base": (
        "画像的各列属于同一方，其人群为基准"
    ),
    "a profile names a column twice": "画像中有列出现两次",
    "an index needs weights": "指数需要权重",
    "the agreement has no weights for the industry {}": "协议中没有行业 {} 的权重",
    "{} is not an interaction: there are {}": "{} 不是互动类型：有 {}",
    "the weights of the index are never negative and not all zero": "指数的权重不为负且不全为零",
    "purchase_intent releases the index only, no measures": (
        "purchase_intent 只给出指数，不给出指标"
    ),
    "interaction: the interactions are the brand's": "interaction：互动属于品牌",
    "max_conversions: {} of each of {} interactions are more than {} per person": (
        "max_conversions：{} 次、每次 {} 个互动，多于每人 {} 个"
    ),
    "the agreement has no weight for an interaction of {}: it has {}": (
        "协议中没有 {} 的互动权重：已有 {}"
    ),
    "a campaign must not be called {}": "活动不能称为 {}",
    "there is no template {}; there are {}": "没有模板 {}；有 {}",
    (
        "the paths differ in more than {} ways: ask without synergy, for fewer channels or "
        "with a shorter window"
    ): ("路径的差异超过 {} 种：请去掉协同、减少渠道或缩短窗口"),
    "The two rules give credit at different times.": "两条规则在不同的时间归因。",
    "spending is planned for campaigns: ask without by_action": (
        "规划预算以活动为单位：请不用 by_action"
    ),
    "spending is planned from credits that add up: ask a model other than markov": (
        "规划预算需要可相加的归因：请使用 markov 以外的模型"
    ),
    "the elasticity lies between 0.01 and 1, in hundredths": (
        "弹性在 0.01 与 1 之间，精确到百分之一"
    ),
    "spending is planned from an answer of {}": "规划预算须使用 {} 的结果",
    "the answer has no campaign {}; it has {}": "结果中没有活动 {}；有 {}",
    "spending is planned from costs.": "规划预算需要成本。",
    "Say what each campaign cost.": "请填写每个活动的成本。",
    "the cost of {} is not an amount of money above zero": "{} 的成本不是大于零的金额",
    (
        "the budget must lie between 0 and {} times what was spent, {}: these numbers say"
        " nothing about more"
    ): ("预算须在 0 与已花费金额 {1} 的 {0} 倍之间：再多则这些数字无法说明"),
    "where: no segment {} is saved here.": "where：此处没有保存人群条件 {}。",
    "Write its conditions.": "请写出其条件。",
    "where is a list of conditions.": "where 为条件列表。",
    "where: nobody can fulfil all conditions on {}.": "where：没有人能满足关于 {} 的全部条件。",
    "{}: condition {} cannot be read: {}.": "{}：第 {} 个条件无法读取：{}。",
    (
        "Write side.column = 'value', such as brand.tier = 'gold' or platform.age in ('25-34', "
        "'35-44'); the side is brand or platform, a value stands in apostrophes, and all "
        "conditions have to hold."
    ): (
        "请写成 side.column = 'value'，例如 brand.tier = 'gold' 或 "
        "platform.age in ('25-34', '35-44')；side 为 brand 或 platform，值须加单引号，"
        "所有条件须同时满足。"
    ),
    "{} is made by the agent.": "{} 由代理填写。",
    "Write where.": "请填写 where。",
    "the sealed conditions are not a list": "密封的条件不是列表",
    "the sealed conditions are not in canonical form": "密封的条件不是规定的唯一写法",
    "the sealed conditions are not about the columns that the question names": (
        "密封的条件与该查询所指的列不符"
    ),
}
