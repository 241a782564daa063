"""Results of every shape, made by hand, with round numbers that can be found again."""

from __future__ import annotations

from typing import Any

HOSTILE = [
    "<script>alert(1)</script>",
    "</text></svg><svg onload=alert(1)>",
    '"><foreignObject><body onload="alert(1)">',
    "]]>&lt;!ENTITY x SYSTEM 'file:///etc/passwd'>",
    '"]} , "signal": "alert(1)", {"a": ["',
    "=cmd|' /C calc'!A0",
    "\x1b[2J\x1b]0;owned\x07",
    "a\u202egnp.exe\u2066",
    "مرحبا بالعالم",
    "x" * 5000,
    "\ud800 lone \ufffe\uffff\x00",
    "line\nbreak\ttab\r",
    "[bold red]markup[/bold red]",
    "{people} %s ${x} datum.value",
    "url(javascript:alert(1))",
]


def people(count: float, sd: float = 20.0) -> dict[str, Any]:
    half = 1.96 * sd
    return {
        "people": count,
        "people_sd": sd,
        "people_interval": [count - half, count + half],
    }


def envelope(template: str, **parts: Any) -> dict[str, Any]:
    return {
        "status": "SUCCESS",
        "name": f"spring {template}",
        "template": template,
        "receiver": "brand",
        "groups": [],
        "other": None,
        "total": {},
        "suppressed": {"groups": 0, "rules": []},
        "quality": {},
        "privacy": {
            "k": 50,
            "tau": 74,
            "noise": "discrete-gaussian",
            "rho": 0.02,
            "rho_left": 0.48,
            "epsilon": 0.97,
            "delta": 1e-6,
        },
        "sentence": f"The answer of {template} in one sentence.",
        **parts,
    }


def overlap() -> dict[str, Any]:
    ages = {"18-24": 1204, "25-34": 4812, "35-44": 3377, "45-54": 1610, "55+": 402}
    groups = [
        {
            "key": {"platform.age_band": age},
            **people(count),
            "sums": {"spend": count * 51.37},
            "sums_sd": {"spend": 900.0},
            "sums_interval": {"spend": [count * 51.37 - 1764, count * 51.37 + 1764]},
        }
        for age, count in ages.items()
    ]
    return envelope(
        "overlap",
        groups=groups,
        other={"groups": 3, **people(130, 30)},
        total=people(sum(ages.values()) + 130, 55),
        suppressed={
            "groups": 4,
            "rules": [
                {"rule": "minimum-group-size", "groups": 3, "needed": 74},
                {"rule": "complementary", "groups": 1, "needed": 74},
            ],
        },
    )


def overlap_sizes() -> dict[str, Any]:
    return envelope(
        "overlap",
        groups=[{"key": {}, **people(11_535, 55)}],
        total=people(11_535, 55),
        quality={"brand_rows": 20_000, "platform_rows": 60_000},
    )


def profile() -> dict[str, Any]:
    shown = [
        ("18-24", 0.11, 0.20),
        ("25-34", 0.42, 0.29),
        ("35-44", 0.29, 0.26),
        ("45-54", 0.14, 0.145),
        ("55+", 0.035, 0.105),
    ]
    groups = [
        {
            "key": {"platform.age_band": age},
            **people(round(11_000 * share)),
            "share": share,
            "base_share": base,
            "tgi_ratio": share / base,
            "tgi_index": 100 * share / base,
            "tgi_interval": [100 * share / base - 9, 100 * share / base + 9],
        }
        for age, share, base in shown
    ]
    base = {"side": "platform", "kind": "noised", "people": 60_000}
    most = {"platform.age_band": "25-34"}
    return envelope("profile", groups=groups, total=people(11_000), base=base, most=most)


def aipl() -> dict[str, Any]:
    table = {
        "overlap": [2100, 5200, 3300, 1800, 700],
        "brand_only": [900, 2400, 1900, 2600, 1100],
        "platform_only": [9000, 21000, 8800, 0, 0],
    }
    groups = [
        {"key": {"stage": stage, "side": side}, **people(count)}
        for side, counts in table.items()
        for stage, count in zip(("none", "A", "I", "P", "L"), counts, strict=True)
    ]
    return envelope("aipl", groups=groups, total=people(58_000), aipl_total=people(46_000))


def flow() -> dict[str, Any]:
    moves = {
        ("none", "none"): 2100, ("none", "A"): 1400, ("none", "I"): 260, ("none", "P"): 90,
        ("A", "none"): 380, ("A", "A"): 2600, ("A", "I"): 900, ("A", "P"): 310,
        ("I", "A"): 240, ("I", "I"): 1300, ("I", "P"): 620, ("I", "L"): 80,
        ("P", "I"): 90, ("P", "P"): 800, ("P", "L"): 340, ("P", "none"): 60,
        ("L", "L"): 410, ("L", "P"): 75,
    }  # fmt: skip
    groups = [
        {"key": {"from": before, "to": after}, **people(count), "row_rate": 0.25}
        for (before, after), count in moves.items()
    ]
    rate = {"people": 2250, "of": 7500, "rate": 0.3, "rate_interval": [0.28, 0.32]}
    return envelope("aipl_flow", groups=groups, total=people(12_000), conversion=rate)


def drivers() -> dict[str, Any]:
    def node(key: dict[str, str], count: float, rate: float, split: str | None) -> dict[str, Any]:
        met = {f"with_{name}": value for name, value in people(count * rate).items()}
        return {
            "key": key,
            **people(count),
            **{name.replace("people", "outcome"): value for name, value in met.items()},
            "rate": rate,
            "rate_interval": [rate - 0.012, rate + 0.012],
            "outcome_index": rate / 0.0011,
            "outcome_index_interval": [rate / 0.0011 - 11, rate / 0.0011 + 11],
            "split_by": split,
        }

    tier, age = "brand.tier", "platform.age_band"
    groups = [
        node({tier: "diamond"}, 9_200, 0.21, age),
        node({tier: "diamond", age: "25-34"}, 4_100, 0.29, None),
        node({tier: "diamond", age: "35-44"}, 3_300, 0.16, None),
        node({tier: "gold"}, 15_300, 0.115, None),
        node({tier: "silver"}, 31_000, 0.07, None),
    ]
    total = node({}, 55_500, 0.11, tier)
    del total["key"], total["outcome_index"], total["outcome_index_interval"]
    gains = {tier: 0.031, age: 0.0084, "platform.city_tier": 0.0002}
    told = [
        {"key": {"attribute": name}, "gain": gain, "gain_interval": [gain * 0.8, gain * 1.2]}
        for name, gain in gains.items()
    ]
    most = {"attribute": tier}
    return envelope("drivers", groups=groups, total=total, drivers=told, most=most)


def basket() -> dict[str, Any]:
    pairs = {
        ("toner", "serum"): (4_100, 1.62, 0.04),
        ("cream", "sunscreen"): (3_300, 1.31, 0.05),
        ("cleanser", "mask"): (900, 1.04, 0.12),
        ("serum", "sunscreen"): (700, 0.55, 0.1),
    }
    groups = [
        {
            "key": {"category": one, "bought_with": other},
            **people(count),
            "support": count / 20_000,
            "support_interval": [count / 20_000 - 0.003, count / 20_000 + 0.003],
            "basket_lift": lift,
            "basket_lift_interval": [lift - half, lift + half],
        }
        for (one, other), (count, lift, half) in pairs.items()
    ]
    most = {"key": groups[0]["key"], "basket_lift": 1.62, "basket_lift_interval": [1.58, 1.66]}
    alone = [{"key": {"category": "toner"}, **people(7_000), "support": 0.35}]
    total = people(20_000)
    return envelope("basket", groups=groups, total=total, categories=alone, most=most)


def channel_flow() -> dict[str, Any]:
    coefficients = {"search": (900, 1.42), "feed": (2_100, 0.97), "stream": (300, 0.61)}
    groups = [
        {
            "key": {"platform.channel": name, "from": "A", "to": "P"},
            **people(count),
            "rate": 0.12 * value,
            "rate_interval": [0.12 * value - 0.01, 0.12 * value + 0.01],
            "coefficient": value,
            "coefficient_interval": [value - 0.08, value + 0.08],
        }
        for name, (count, value) in coefficients.items()
    ]
    starts = [{"key": {"platform.channel": "feed", "from": "A"}, **people(18_000)}]
    key = {"platform.channel": "search", "from": "A", "to": "P"}
    most = {"key": key, "coefficient": 1.42, "coefficient_interval": [1.34, 1.5]}
    total = people(30_000)
    return envelope("channel_flow", groups=groups, total=total, channels=starts, most=most)


def reach() -> dict[str, Any]:
    table = {
        "Spring TV": [4200, 2100, 1300, 900],
        "Search": [2600, 1500, 700, 1800],
        "all": [5100, 3000, 1900, 2500],
    }
    groups = [
        {"key": {"platform.campaign": name, "frequency": seen}, **people(count, 40)}
        for name, counts in table.items()
        for seen, count in zip(("1", "2", "3", "4+"), counts, strict=True)
    ]
    campaigns = [
        {
            "campaign": name,
            "frequencies": ["1", "2", "3", "4+"],
            "reach": float(sum(counts)),
            "mean_frequency": 1.87,
            "mean_frequency_interval": [1.81, 1.93],
            "on_target_rate": 0.431,
            "on_target_rate_interval": [0.42, 0.44],
        }
        for name, counts in table.items()
    ]
    return envelope("reach_frequency", groups=groups, campaigns=campaigns, total=people(12_500))


def funnel() -> dict[str, Any]:
    steps = ("impression", "click", "registration", "payment")

    def shown(name: str, counts: list[int]) -> list[dict[str, Any]]:
        found = []
        for at, (step, count) in enumerate(zip(steps, counts, strict=True)):
            rate = None if at == 0 else count / counts[at - 1]
            entry = {"key": {"platform.channel": name, "step": step}, **people(count, 25)}
            entry |= {"lower_bound": at == 3, "step_rate": rate, "to_all": rate and rate * 3}
            if rate:
                entry["step_rate_interval"] = [rate - 0.02, rate + 0.02]
            found.append(entry)
        return found

    search, video = shown("search", [9000, 3100, 800, 240]), shown("video", [21000, 2000, 400, 90])
    every = [
        {
            "step": one["key"]["step"],
            **people(one["people"] + two["people"]),
            "step_rate": one["step_rate"],
        }
        for one, two in zip(search, video, strict=True)
    ]
    total = {**people(30_000), "steps": every}
    return envelope("funnel", groups=search + video, total=total)


def attribution(model: str = "last_touch", scale: float = 1.0) -> dict[str, Any]:
    found = {"Search": 1210.0, "Spring TV": 655.5, "小红书 种草": 402.0, "Retargeting": 88.25}
    groups = [
        {
            "key": {"platform.campaign": name},
            "conversions": count * scale,
            "conversions_sd": 12.0,
            "conversions_interval": [count * scale - 23.5, count * scale + 23.5],
            "share": count / 2355.75,
            "sums": {"value": count * 82.5},
            "sums_sd": {"value": 700.0},
            "sums_interval": {"value": [count * 82.5 - 1372, count * 82.5 + 1372]},
        }
        for name, count in found.items()
    ]
    total = {
        "conversions": 3000,
        "attributed": 2355.75,
        "unattributed": 644.25,
        "unattributed_interval": [600.0, 690.0],
        "attributed_interval": [2310.0, 2400.0],
    }
    return envelope("attribution", model=model, groups=groups, total=total)


def lift() -> dict[str, Any]:
    arms = {"A": (50_000, 1560), "B": (50_000, 1305)}
    groups = [
        {"key": {"platform.arm": arm}, **people(count), "conversions": won, "arm_people": count}
        for arm, (count, won) in arms.items()
    ]

    def effects(what: str, test: float, control: float) -> dict[str, Any]:
        change = test / control - 1
        return {
            f"test_{what}": test,
            f"control_{what}": control,
            "difference": test - control,
            "difference_sd": 0.0009,
            "difference_interval": [(test - control) * 0.7, (test - control) * 1.3],
            "relative_lift": change,
            "relative_lift_interval": [change - 0.07, change + 0.07],
            "p_value": 0.00003,
        }

    total = {**people(100_000), "denominator": "arm", **effects("rate", 0.0312, 0.0261)}
    total["measures"] = {"value": effects("mean", 2.61, 2.5)}
    return envelope("lift", groups=groups, total=total)


def rehearsal() -> dict[str, Any]:
    result = overlap()
    for entry in (*result["groups"], result["other"], result["total"]):
        for name in [name for name in entry if name.endswith(("_sd", "_interval"))]:
            del entry[name]
    result["privacy"] = {"k": 1, "noise": "none", "rho": 0.0}
    return result


SETS = {
    "douyin": 5200, "weibo": 3100, "tmall": 900, "douyin+weibo": 2100, "douyin+tmall": 400,
    "weibo+tmall": 260, "douyin+weibo+tmall": 180,
}  # fmt: skip


def known_to(count: int, sds: float = 20.0) -> list[dict[str, Any]]:
    return [{"key": {"known_to": name}, **people(size, sds)} for name, size in SETS.items()][:count]


def overlap_of_several() -> dict[str, Any]:
    groups = [{**one, "sums": {"spend": one["people"] * 40.5}} for one in known_to(6)]
    members = {"brand": "acme", "platform": "weibo", "platform-2": "douyin", "platform-3": "tmall"}
    return envelope(
        "overlap", groups=groups, other={"groups": 2, **people(190, 40)}, members=members,
        total=people(12160, 60), suppressed={"groups": 2, "rules": []},
    )  # fmt: skip


def cross_reach() -> dict[str, Any]:
    names = ("douyin", "weibo", "tmall")
    steps = zip(names, (7880, 3360, 900), (7880, 11240, 12140), strict=True)
    return envelope(
        "cross_reach", groups=known_to(7),
        frequency=[{"key": {"frequency": one}, **people(size)}
                   for one, size in (("1", 5100), ("2", 3900), ("3", 2000), ("4+", 1140))],
        platforms=[{"key": {"platform": name}, "reach": 7880, "incremental": SETS[name]}
                   for name in names],
        build=[{"key": {"platform": name}, "added": added, "added_sd": 40.0,
                "added_interval": [added - 78, added + 78], **people(known, 50.0)}
               for name, added, known in steps],
        total=people(12140, 40),
    )  # fmt: skip


SAMPLES = {
    "overlap_of_several": overlap_of_several,
    "cross_reach": cross_reach,
    "overlap": overlap,
    "overlap_sizes": overlap_sizes,
    "profile": profile,
    "aipl": aipl,
    "flow": flow,
    "drivers": drivers,
    "basket": basket,
    "channel_flow": channel_flow,
    "reach": reach,
    "funnel": funnel,
    "attribution": attribution,
    "lift": lift,
    "rehearsal": rehearsal,
}
