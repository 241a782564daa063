"""Share the first order of each person among the platforms that touched it, by plain dictionaries.

Instants are cut into steps of eight hours, as the example's questions ask; a touch in the step of
the order or later does not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from cleanroom.demo.clock import DAY, HOUR, START, WINDOW_DAYS
from cleanroom.demo.media import CAMPAIGNS, Touches
from cleanroom.demo.truth_events import within
from cleanroom.demo.truth_people import Answer, ratio
from cleanroom.demo.world import World

STEP_HOURS = 8
_STEP = STEP_HOURS * HOUR
_BACK = WINDOW_DAYS * DAY // _STEP


def cross_attribution(world: World, platforms: Mapping[str, Touches]) -> Answer:
    """Give each platform that touched a person in time an equal part, by its own last touch."""
    orders = world.orders
    asked = np.flatnonzero(within(orders.time))
    first: dict[int, int] = {}
    for row in asked[np.argsort(orders.time[asked], kind="stable")].tolist():
        first.setdefault(int(orders.person[row]), _step(int(orders.time[row])))
    known = {name: _by_person(touches) for name, touches in platforms.items()}
    earned: dict[tuple[str, str], float] = defaultdict(float)
    attributed = 0
    for person, step in first.items():
        last = {name: _last(found.get(person, []), step) for name, found in known.items()}
        met = {name: campaign for name, campaign in last.items() if campaign}
        attributed += bool(met)
        for name, campaign in met.items():
            earned[name, campaign] += 1 / len(met)
    groups = [
        {
            "key": {"platform": name, "platform.campaign": campaign},
            "conversions": round(number, 6),
            "share": ratio(number, attributed),
        }
        for (name, campaign), number in sorted(earned.items())
    ]
    total = {
        "conversions": len(first),
        "attributed": attributed,
        "unattributed": len(first) - attributed,
    }
    return {"groups": groups, "total": total}


def _step(time: int) -> int:
    return (time - START) // _STEP


def _by_person(touches: Touches) -> dict[int, list[tuple[int, int, str]]]:
    """Return what each person was shown: step, 0 for a view and 1 for a click, campaign."""
    found = defaultdict(list)
    columns = (touches.person, touches.time, touches.click, touches.campaign)
    for person, time, click, campaign in zip(*(one.tolist() for one in columns), strict=True):
        found[person].append((_step(time), click, CAMPAIGNS[campaign].name))
    return found


def _last(touches: list[tuple[int, int, str]], step: int) -> str:
    """Return the campaign of the last touch that counts, the empty text if there is none."""
    return max((one for one in touches if 1 <= step - one[0] <= _BACK), default=(0, 0, ""))[2]
