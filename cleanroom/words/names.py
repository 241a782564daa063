"""Names of templates, stages, sides and models, in both languages."""

from __future__ import annotations

from typing import Final

NAMES: Final[dict[str, tuple[str, str]]] = {
    "stage.none": ("None", "无关系"),
    "stage.O": ("O · Opportunity", "O · 机会"),
    "stage.A": ("A · Aware", "A · 认知"),
    "stage.I": ("I · Interest", "I · 兴趣"),
    "stage.P": ("P · Purchase", "P · 购买"),
    "stage.L": ("L · Loyal", "L · 忠诚"),
    "overlap": ("Known to both", "双方共有"),
    "brand_only": ("Brand only", "仅品牌方"),
    "platform_only": ("Platform only", "仅平台方"),
    "brand": ("Brand", "品牌方"),
    "platform": ("Platform", "平台方"),
    "mediator": ("Mediator", "中介方"),
    "auditor": ("Auditor", "审计方"),
    "agency": ("Agency", "代理商"),
    "paillier.strict": (
        "strict: assumes only that Paillier encryption is secure",
        "strict：除 Paillier 加密本身的安全性外不作其他假设",
    ),
    "paillier.fast": (
        "fast: also assumes that short random exponents (448 bits a prime) look like full ones"
        " to anyone without the key; if that is wrong, the mediator could read the measures of"
        " single people of the encrypting party, and nobody else is at risk",
        "fast：另假设短随机指数（每个素数 448 位）在无密钥者看来与完整指数无异；"
        "若该假设不成立，中介方可能读出加密方个人的数值，其他各方不受影响",
    ),
    "information-gain": ("Information gain (ID3)", "信息增益 (ID3)"),
    "gain-ratio": ("Gain ratio (C4.5)", "增益率 (C4.5)"),
    "gini": ("Gini impurity (CART)", "基尼不纯度 (CART)"),
    "last_touch": ("Last touch", "末次触点"),
    "first_touch": ("First touch", "首次触点"),
    "last_click": ("Last click", "末次点击"),
    "click_then_view": ("Click, then view", "点击优先"),
    "linear": ("Linear", "线性"),
    "linear_distinct": ("Linear over channels", "渠道线性"),
    "time_decay": ("Time decay", "时间衰减"),
    "position": ("Position", "位置"),
    "last_n": ("Last n touches", "最近 n 次触点"),
    "shapley": ("Shapley", "沙普利值"),
    "markov": ("Markov chain", "马尔可夫链"),
    "start": ("Start", "起点"),
    "impression": ("Impression", "曝光"),
    "click": ("Click", "点击"),
    "view": ("View", "浏览"),
    "activated": ("Activation", "激活"),
    "registration": ("Registration", "注册"),
    "payment": ("Payment", "付费"),
    "test": ("Test group", "实验组"),
    "control": ("Control group", "对照组"),
    "converted": ("Moved up", "向上流转"),
    "kept": ("Stayed", "保持"),
    "lost": ("Lost", "流失"),
    "recruited": ("New", "拉新"),
    "loyal": ("Stayed loyal", "保持忠诚"),
    "outside": ("At no stage", "无关系"),
}
