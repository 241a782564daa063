"""Speak to the mediator: one method per route, every request signed."""

from cleanroom.client.client import Client
from cleanroom.client.transport import Transport

__all__ = ["Client", "Transport"]
