"""Write the room files of the example: what a simulation reads."""

from __future__ import annotations

from cleanroom.demo.clock import END, START, WINDOW_DAYS, utc
from cleanroom.demo.customers import CATEGORIES, INTERACTIONS
from cleanroom.demo.media import STEPS
from cleanroom.demo.population import FEATURES, MOST_SPEND, STAGES
from cleanroom.demo.truth_cross import STEP_HOURS
from cleanroom.demo.truth_drivers import ATTRIBUTES, BUYERS, DEPTH
from cleanroom.demo.truth_events import CAP, INTENT_WEIGHTS, MOST_FREQUENCY
from cleanroom.demo.truth_paths import MOST_CHANNELS
from cleanroom.demo.truth_people import MOST_CATEGORY_SPEND

NOISELESS = 'k_min = 1\nnoise = "none"'
PRIVATE = 'k_min = 50\nnoise = "discrete-gaussian"'

ROWS = """\
# Files this small need nothing but Paillier.  Leave the line out, and large ones take lattice rows:
# microseconds a row instead of milliseconds.
rows = ["paillier"]"""

MOST_AMOUNT = 2_000
"""The bound of one order's value, in the unit of the file."""

SMALLEST_SEGMENT, SMALLEST_SEED = 100, 500
"""Fewest people of a segment and of a summed seed; a small example asks for a part of its people.
"""

MOST_ORDERS, MOST_VALUE = 10, 5_000
"""Bounds per person of the questions about orders; nobody in the example exceeds them."""

_EMAIL = 'id = { column = "email", profile = "email:uid2:v1" }'


def _texts(values: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


def _dataset(party: str, name: str, file: str, kind: str, *lines: str) -> str:
    head = (f"[datasets.{party}.{name}]", f'file = "{file}"', f'kind = "{kind}"', _EMAIL)
    return "\n".join((*head, *lines)) + "\n"


def _measures(party: str, name: str, *lines: str) -> str:
    return "\n".join((f"[datasets.{party}.{name}.measures]", *lines)) + "\n"


def _job(
    name: str, template: str, brand: str, platform: str, *lines: str, receiver: str = "brand"
) -> str:
    head = (f'name = "{name}"', f'template = "{template}"')
    sides = (f'brand = "{brand}"', f'platform = "{platform}"')
    return "\n".join(("[[jobs]]", *head, *sides, *lines, f'receiver = "{receiver}"')) + "\n"


def _head(policy: str) -> str:
    return f'[room]\nname = "summer-campaign"\nrehearsal = true\n\n[policy]\n{policy}\n'


def _crm(labels: tuple[str, ...]) -> tuple[str, str]:
    spend = f'spend = {{ column = "spend", max = {MOST_SPEND // 100}, decimals = 2 }}'
    lines = (f"labels = {_texts(labels)}", 'duplicates = "sum"    # a person may have two rows')
    stages = _domains(labels)
    return (
        _dataset("brand", "crm", "brand.csv", "audience", *lines, *stages),
        _measures("brand", "crm", spend),
    )


def _users(labels: tuple[str, ...]) -> tuple[str, str]:
    most = MOST_CATEGORY_SPEND // 100
    spend = f'category_spend = {{ column = "category_spend", max = {most}, decimals = 2 }}'
    lines = (f"labels = {_texts(labels)}", 'duplicates = "first"')
    return (
        _dataset("platform", "users", "users.csv", "audience", *lines, *_domains(labels)),
        _measures("platform", "users", spend),
    )


def _domains(labels: tuple[str, ...]) -> tuple[str, ...]:
    stages = [name for name in labels if name in ("s0", "s1")]
    listed = ", ".join(f"{name} = {_texts(STAGES)}" for name in stages)
    return (f"domains = {{ {listed} }}",) if stages else ()


def _overlaps() -> tuple[str, ...]:
    spend = 'measures = ["spend"]'
    by_age = 'group_by = ["platform.age_band"]'
    by_tier = 'group_by = ["brand.tier", "platform.city_tier"]'
    return (
        _job("overlap", "overlap", "crm", "users", spend),
        _job("overlap-by-age-band", "overlap", "crm", "users", by_age, spend),
        _job("overlap-by-tier", "overlap", "crm", "users", by_tier, spend),
    )


def overlap_room(policy: str) -> str:
    """Return a room that asks three questions about the overlap of customers and users."""
    crm, users = _crm(("tier",)), _users(("age_band", "city_tier"))[:1]
    return "\n".join((_head(f"{policy}\n{ROWS}"), *crm, *users, *_overlaps()))


def platforms_room() -> str:
    """Return a noiseless room of a brand and two platforms, each called by its name."""
    month = (f"start = {utc(START)}", f"end = {utc(END)}", f'window = "{WINDOW_DAYS}d"')
    touched = ('time = "ts"', 'labels = ["campaign"]')
    action = 'action = { column = "action", click = "click", view = "view" }'
    most = f"max = {MOST_SPEND // 100}, decimals = 2"
    ages = 'labels = ["age_band"]'
    asked = ('group_by = ["platform.age_band"]', 'measures = ["spend"]')
    return "\n".join(
        (
            _head(f"{NOISELESS}\n{ROWS}"),
            _dataset("acme", "crm", "brand.csv", "audience", 'duplicates = "sum"'),
            _measures("acme", "crm", f'spend = {{ column = "spend", {most} }}'),
            _dataset("douyin", "users", "users.csv", "audience", ages, 'duplicates = "first"'),
            _dataset("weibo", "users", "weibo.csv", "audience", ages),
            _dataset("acme", "orders", "orders.csv", "events", 'time = "ts"'),
            _dataset("douyin", "touches", "touches.csv", "events", *touched, action),
            _dataset("weibo", "touches", "weibo-touches.csv", "events", *touched, action),
            *(
                _job(f"at-{one}", "overlap", "acme.crm", f"{one}.users", *asked, receiver="acme")
                for one in ("douyin", "weibo")
            ),
            _hub_job(
                "credit",
                "cross_attribution",
                "orders",
                "touches",
                f'resolution = "{STEP_HOURS}h"',
                *month,
            ),
        )
    )


def _hub_job(name: str, template: str, hub: str, other: str, *lines: str) -> str:
    """Return a question of a hub of acme over one dataset of each platform."""
    named = (f'hub = "acme.{hub}"', f'with = ["douyin.{other}", "weibo.{other}"]')
    head = ("[[jobs]]", f'name = "{name}"', f'template = "{template}"')
    return "\n".join((*head, *named, *lines, 'receiver = "acme"', ""))


def every_room(matched: int) -> str:
    """Return a noiseless room that asks every question whose answer ``truth.json`` has.

    The minima of the questions that have one follow from how many people both sides know.
    """
    crm = _crm(("tier", "s0", "s1", "step"))
    users = _users(("age_band", "city_tier", "gender", "s0", "s1"))
    parts = (
        *crm,
        *users,
        *_other_datasets(),
        *_grants(matched),
        *_overlaps(),
        *_asset_jobs(),
        *_audience_jobs(matched),
        *_event_jobs(),
    )
    return "\n".join((_head(NOISELESS), *parts))


def _other_datasets() -> tuple[str, ...]:
    value = f'value = {{ column = "amount", max = {MOST_AMOUNT}, decimals = 2 }}'
    cost = 'cost = { column = "cost", max = 100, decimals = 2 }'
    features = [
        f'f{i} = {{ column = "f{i}", min = -1, max = 1, decimals = 4 }}' for i in range(FEATURES)
    ]
    time = 'time = "ts"'
    action = 'action = { column = "action", click = "click", view = "view" }'
    where = 'labels = ["campaign", "channel"]'
    steps = ('labels = ["channel", "step"]', f"domains = {{ step = {_texts(STEPS)} }}")
    trial = ('labels = ["arm"]', 'domains = { arm = ["test", "control"] }', 'time = "assigned_at"')
    return (
        _dataset(
            "brand",
            "orders",
            "orders.csv",
            "events",
            time,
            'labels = ["new_or_returning", "category"]',
        ),
        _measures("brand", "orders", value),
        _dataset(
            *("brand", "interactions", "interactions.csv", "events"),
            time,
            'labels = ["interaction"]',
        ),
        _dataset("brand", "seeds", "seeds.csv", "audience"),
        _dataset("platform", "touches", "touches.csv", "events", time, where, action),
        _measures("platform", "touches", cost),
        _dataset("platform", "impressions", "impressions.csv", "events", time, where),
        _dataset("platform", "steps", "steps.csv", "events", *steps),
        _dataset("platform", "trial", "trial.csv", "audience", *trial),
        _dataset("platform", "features", "users.csv", "audience", 'duplicates = "first"'),
        _measures("platform", "features", *features),
    )


def _grants(matched: int) -> tuple[str, ...]:
    weights = zip(INTERACTIONS, INTENT_WEIGHTS, strict=True)
    listed = ", ".join(f"{name} = {float(weight)}" for name, weight in weights)
    least = max(1, min(SMALLEST_SEGMENT, matched // 2))
    may_activate = f'kind = "activation"\npurposes = ["summer campaign"]\nminimum = {least}\n'
    return (
        '[[grants]]\nparty = "platform"\nkind = "base-counts"\n',
        f'[[grants]]\nparty = "brand"\n{may_activate}',
        f'[[intent_weights]]\nindustry = "skin-care"\nweights = {{ {listed} }}\n',
    )


def _asset_jobs() -> tuple[str, ...]:
    def stage(role: str, column: str) -> str:
        return f'{role} = {{ brand = "{column}", platform = "{column}" }}'

    by_age = 'group_by = ["platform.age_band"]'
    by_city = 'group_by = ["platform.city_tier"]'
    flow = (stage("from", "s0"), stage("to", "s1"))
    buyers = ", ".join(f"'{one}'" for one in BUYERS)
    tree = (f'outcome = ["brand.s1 in ({buyers})"]', f"attributes = {_texts(ATTRIBUTES)}")
    return (
        _job("match-rate", "match_rate", "crm", "users"),
        _job("profile-age-band", "profile", "crm", "users", by_age),
        _job("profile-city-tier", "profile", "crm", "users", by_city),
        _job("aipl", "aipl", "crm", "users", stage("stage", "s1")),
        _job("aipl-flow", "aipl_flow", "crm", "users", *flow),
        _job("health", "health", "crm", "users", *flow, 'measure = "category_spend"'),
        _job("drivers", "drivers", "crm", "users", *tree, f"depth = {DEPTH}"),
    )


def _audience_jobs(matched: int) -> tuple[str, ...]:
    purpose, known = 'purpose = "summer campaign"', 'known_to = "all"'
    features = f"features = {_texts(tuple(f'f{i}' for i in range(FEATURES)))}"
    least = f"minimum = {max(1, min(SMALLEST_SEED, matched // 10))}"
    look = (features, "expansion = 10", least)
    return (
        _job("activation", "activation", "crm", "users", purpose),
        _job("exclusion", "exclusion", "crm", "users", purpose),
        _job(*("joint-activation", "joint_activation", "crm", "users"), purpose, known),
        _job("lookalike", "lookalike", "seeds", "features", *look, receiver="platform"),
        _job(
            "lookalike-quality",
            "lookalike_quality",
            "seeds",
            "features",
            'model = "lookalike"',
            receiver="platform",
        ),
    )


def _event_jobs() -> tuple[str, ...]:
    month = (f"start = {utc(START)}", f"end = {utc(END)}")
    window = (f'window = "{WINDOW_DAYS}d"', 'resolution = "1s"', *month)
    per_person = f"max_conversions = {MOST_ORDERS}"
    value = (f"max_value_per_person = {MOST_VALUE}", 'measures = ["value"]')
    by_campaign = 'group_by = ["platform.campaign"]'
    credit = (*window, per_person, *value, by_campaign)
    steps = f'resolution = "{STEP_HOURS}h"'
    shared = (f'window = "{WINDOW_DAYS}d"', steps, *month)
    path = (*window, "max_conversions = 1", *value)
    pairs = ("synergy = true", f"channels = {MOST_CHANNELS}", 'group_by = ["platform.channel"]')
    often = (by_campaign, f"max_frequency = {MOST_FREQUENCY}", f"cap = {CAP}")
    moved = ('from = { brand = "s0" }', 'to = { brand = "s1" }')
    ordered = (f"steps = {_texts(STEPS)}", 'group_by = ["platform.channel"]')
    return (
        _job("channel-flow", "channel_flow", "crm", "touches", *moved, *month),
        _job("basket", "basket", "orders", "users", f"categories = {_texts(CATEGORIES)}", *month),
        _job("reach-frequency", "reach_frequency", "crm", "impressions", *often),
        _job("cross-reach", "cross_reach", "crm", "impressions", *often[1:]),
        _job("funnel", "funnel", "crm", "steps", *ordered),
        _job("last-touch", "attribution", "orders", "touches", 'model = "last_touch"', *credit),
        _job("linear", "attribution", "orders", "touches", 'model = "linear"', *credit),
        _job("cross-attribution", "cross_attribution", "orders", "touches", *shared),
        _job("markov", "attribution", "orders", "touches", 'model = "markov"', *path, by_campaign),
        _job("sequence", "sequence", "orders", "touches", *path, *pairs),
        _job("lift", "lift", "orders", "trial", *month, per_person, *value),
        _job(
            *("purchase-intent", "purchase_intent", "interactions", "touches"),
            *('industry = "skin-care"', *window, per_person, by_campaign),
        ),
    )
