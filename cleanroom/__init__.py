"""The clean room: parties, agreements, jobs, privacy and the log.

``Client`` speaks to a mediator; ``Room``, ``Dataset`` and ``Job`` are what an agent works with;
``verify_audit_bundle`` holds a room's log against everybody.  In a notebook, ``simulate`` or
``connect`` is where to begin; ``audience``, ``events`` and ``measure`` describe dataframes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cleanroom.agent.datasets import LocalDataset as Dataset
    from cleanroom.agent.http import Client
    from cleanroom.agent.jobs import LocalJob as Job
    from cleanroom.agent.rooms import Room
    from cleanroom.audit import verify_audit_bundle
    from cleanroom.notebook import audience, connect, events, measure, simulate

__all__ = [
    "Client",
    "Dataset",
    "Job",
    "Room",
    "audience",
    "connect",
    "events",
    "measure",
    "simulate",
    "verify_audit_bundle",
]

_HOMES = {
    "Client": ("cleanroom.agent.http", "Client"),
    "Dataset": ("cleanroom.agent.datasets", "LocalDataset"),
    "Job": ("cleanroom.agent.jobs", "LocalJob"),
    "Room": ("cleanroom.agent.rooms", "Room"),
    "audience": ("cleanroom.notebook.described", "audience"),
    "connect": ("cleanroom.notebook.live", "connect"),
    "events": ("cleanroom.notebook.described", "events"),
    "measure": ("cleanroom.notebook.described", "measure"),
    "simulate": ("cleanroom.notebook.rehearsal", "simulate"),
    "verify_audit_bundle": ("cleanroom.audit", "verify_audit_bundle"),
}


def __dir__() -> list[str]:
    return [*globals(), *__all__]


def __getattr__(name: str) -> Any:
    """Import what is asked for, so that a worker process does not load the whole product."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
