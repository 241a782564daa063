"""Make up what the platform showed: impressions, the touches that count, steps towards buying."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cleanroom.demo.clock import DAYS, WINDOW_DAYS, draw_times
from cleanroom.demo.population import ARMS, Population

I64 = npt.NDArray[np.int64]

CHANNELS = ("display", "feed", "live", "search", "video")
"""展示, 信息流, 直播, 搜索, 短视频."""

STEPS = ("impression", "click", "activation", "registration", "payment")

_VIEWABLE = 0.35
_MOST_FREQUENT = 30


@dataclass(frozen=True)
class Campaign:
    """Describe a campaign: its share of the users, its days, its clicks and its prices in cents."""

    name: str
    channel: str
    reach: float
    first_day: int
    last_day: int
    click_rate: float
    view_cost: int
    click_cost: int


CAMPAIGNS = (
    Campaign("Hero Video", "video", 0.40, -WINDOW_DAYS, DAYS, 0.012, 4, 90),
    Campaign("Feed Launch", "feed", 0.24, 0, 21, 0.022, 3, 70),
    Campaign("Brand Search", "search", 0.12, -WINDOW_DAYS, DAYS, 0.11, 6, 160),
    Campaign("KOL Seeding", "feed", 0.11, -5, 12, 0.035, 5, 80),
    Campaign("Live Stream", "live", 0.09, 10, 19, 0.06, 5, 110),
    Campaign("Retargeting", "display", 0.07, 3, DAYS, 0.03, 2, 60),
    Campaign("Sample Box", "feed", 0.045, 5, 15, 0.05, 3, 75),
    Campaign("Member Day", "display", 0.03, 17, 19, 0.04, 2, 65),
)
"""A few campaigns reach most people and the others reach few, as in most plans."""

CHANNEL_OF = np.array([CHANNELS.index(campaign.channel) for campaign in CAMPAIGNS])
WITHHELD = 5
"""The campaign of the trial: people in the control arm never see it."""

_ACTIVATION = np.array([0.25, 0.35, 0.5, 0.45, 0.3])
_REGISTRATION, _PAYMENT = 0.4, 0.35


@dataclass(frozen=True)
class Impressions:
    """Hold one row per impression: person, second, campaign."""

    person: I64
    time: I64
    campaign: I64


@dataclass(frozen=True)
class Touches:
    """Hold one row per touch; ``click`` is 1 or 0 (a view), ``cost`` cents."""

    person: I64
    time: I64
    campaign: I64
    click: I64
    cost: I64


@dataclass(frozen=True)
class Steps:
    """Hold the furthest step of each person in each channel that the person has met."""

    person: I64
    channel: I64
    step: I64


def make_impressions(population: Population, random: np.random.Generator) -> Impressions:
    """Show every campaign to the users it reaches, most of them seldom and a few very often."""
    users = np.flatnonzero(population.is_user)
    liking = np.where(population.is_customer[users], 1.5, 1.0) * population.activity[users]
    parts = []
    for code, campaign in enumerate(CAMPAIGNS):
        chance = np.minimum(campaign.reach * liking, 0.95)
        if code == WITHHELD:
            chance = np.where(population.arm[users] == ARMS.index("control"), 0.0, chance)
        reached = users[random.random(len(users)) < chance]
        often = random.poisson(random.gamma(0.8, 1.5, size=len(reached)) * 0.9)
        person = np.repeat(reached, np.minimum(1 + often, _MOST_FREQUENT))
        time = draw_times(random, len(person), campaign.first_day, campaign.last_day)
        parts.append((person, time, np.full(len(person), code)))
    person, time, shown = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(time, kind="stable")
    return Impressions(person[order], time[order], shown[order])


def make_touches(
    shown: Impressions, population: Population, random: np.random.Generator
) -> Touches:
    """Make touches of the impressions that were really seen, and of the clicks that followed.

    Nobody has two touches in one second, so that the last touch is the same under any tie rule.
    """
    rows = len(shown.person)
    rate = np.array([campaign.click_rate for campaign in CAMPAIGNS])[shown.campaign]
    rate *= np.where(population.is_customer[shown.person], 2.0, 1.0)
    viewed = np.flatnonzero(random.random(rows) < _VIEWABLE)
    clicked = np.flatnonzero(random.random(rows) < rate)
    row = np.concatenate((viewed, clicked))
    click = (np.arange(len(row)) >= len(viewed)).astype(np.int64)
    time = shown.time[row] + click * random.integers(1, 41, size=len(row))
    kept = np.unique(time * population.people + shown.person[row], return_index=True)[1]
    row, click = row[kept], click[kept]
    prices = np.array([(c.view_cost, c.click_cost) for c in CAMPAIGNS])
    campaign = shown.campaign[row]
    return Touches(shown.person[row], time[kept], campaign, click, prices[campaign, click])


def make_steps(shown: Impressions, touches: Touches, random: np.random.Generator) -> Steps:
    """Find the furthest step per person and channel: whoever clicked may go on from there."""
    key = np.unique(shown.person * len(CHANNELS) + CHANNEL_OF[shown.campaign])
    clicked = touches.click == 1
    clicks = touches.person[clicked] * len(CHANNELS) + CHANNEL_OF[touches.campaign[clicked]]
    channel = key % len(CHANNELS)
    chances = (np.isin(key, clicks).astype(float), _ACTIVATION[channel], _REGISTRATION, _PAYMENT)
    step, going = np.zeros(len(key), dtype=np.int64), np.ones(len(key), dtype=np.bool_)
    for chance in chances:
        going = going & (random.random(len(key)) < chance)
        step += going
    return Steps(key // len(CHANNELS), channel, step)
