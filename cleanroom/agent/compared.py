"""Find the answers of one attribution under several models, to be read side by side.

Answers belong together if everything that was asked is the same but the model: the datasets, the
period, the windows, the grouping.  Which measures were summed up does not matter.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cleanroom.agent.earlier import kept_result, result_file
from cleanroom.agent.jobs import shown_document
from cleanroom.agent.rooms import Room
from cleanroom.errors import InvalidInput
from cleanroom.queries.attribution.template import AttributionParameters
from cleanroom.queries.credit.rules import Model, make_rule
from cleanroom.room.states import JobState

MODEL_PARAMETERS = ("model", "half_life", "weights", "credits", "profile")
"""What makes a model."""

ASIDE = ("measures", "max_value_per_person")
"""What changes no conversion."""

WINDOWS = ("window", "click_window", "view_window", "boundary")
"""What makes a touch count; presets of a platform fix theirs and name none."""

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Compared:
    """One answer: its job, the parameters of its model, the result as it was received."""

    job: str
    model: Mapping[str, Any]
    result: Mapping[str, Any]


def same_but_model(item: Item, other: Item) -> bool:
    """Tell whether two jobs ask for the same attribution, whatever the models."""
    return _scope(item) is not None and _scope(item) == _scope(other)


def _scope(item: Item) -> dict[str, Any] | None:
    document = item["job"]
    if document["template"] != "attribution":
        return None
    given = {name: value for name, value in document["parameters"].items() if value is not None}
    # What was left out counts as what it stands for: one question may be written in two ways.
    asked = {name: field.default for name, field in AttributionParameters.model_fields.items()}
    asked |= given
    asked["group_by"] = list(asked["group_by"])
    asked["where"] = list(asked["where"])
    windows = {name: asked.pop(name) for name in WINDOWS}
    try:
        rule = make_rule(Model.LAST_TOUCH, **windows)
    except InvalidInput:
        return None
    for name in (*MODEL_PARAMETERS, *ASIDE):
        asked.pop(name, None)
    earned = (rule.click_window, rule.view_window, rule.strict)
    sides = (document["brand"], document["platform"])
    return {"sides": sides, "asked": asked, "earned": earned}


def models_of(room: Room, items: Iterable[Item], job: str) -> dict[str, Mapping[str, Any]]:
    """Return the models of the answers that ask what a job asks, by the job that answers.

    ``items`` are the room's jobs, the oldest first.  Of two answers of one model the newer one
    counts.  A job that is not there or is not an attribution has nothing to be compared with.

    Raises ``PeerFault`` if the mediator shows another question under a job's identifier: it would
    call an answer by a model that was not asked.
    """
    known = list(items)
    wanted = next((item for item in known if item["id"] == job), None)
    if wanted is None:
        return {}
    shown_document(wanted, job)
    found: dict[str, str] = {}
    models: dict[str, Mapping[str, Any]] = {}
    for item in known:
        if item["state"] != JobState.SUCCESS or not same_but_model(item, wanted):
            continue
        if result_file(room, shown_document(item, item["id"]).identity()).exists():
            model = _model(item)
            found[json.dumps(model, sort_keys=True)] = item["id"]
            models[item["id"]] = model
    return {one: models[one] for one in found.values()}


def compared(room: Room, items: Iterable[Item], job: str) -> list[Compared]:
    """Return the answers of ``models_of``, opened."""
    models = models_of(room, items, job)
    answers = {one: kept_result(room, one) for one in models}
    return [Compared(one, models[one], kept) for one, kept in answers.items() if kept is not None]


def _model(item: Item) -> dict[str, Any]:
    given = item["job"]["parameters"]
    return {name: given[name] for name in MODEL_PARAMETERS if given.get(name) is not None}
