"""Speak to the mediator: one method per route, every request signed."""

from cleanroom.agent.http.client import Client
from cleanroom.agent.http.transport import Transport

__all__ = ["Client", "Transport"]
