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
from cleanroom.room.states import JobState

MODEL_PARAMETERS = ("model", "half_life", "weights", "credits", "profile")
"""What makes a model."""

ASIDE = ("measures", "max_value_per_person")
"""What changes no conversion."""

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
    left_out = (*MODEL_PARAMETERS, *ASIDE)
    asked = {
        name: value
        for name, value in document["parameters"].items()
        if name not in left_out and value is not None
    }
    return {"brand": document["brand"], "platform": document["platform"], "asked": asked}


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
