"""Speak to the mediator without saying anything: requests that read, and the price of a question.

A statement is always posted, so whoever holds this connection can neither ask, approve, spend nor
sign, whatever it is told to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from cleanroom.agent.http import Transport
from cleanroom.errors import InvalidInput

if TYPE_CHECKING:
    import httpx

PRICE: Final = ("POST", "/v1/jobs/preview")
"""The one request with a body: the mediator computes, keeps nothing and charges nothing."""


class ReadingTransport(Transport):
    """Send nothing but requests that leave everything as it is."""

    def send(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """Send a request; raise ``InvalidInput`` for one that would change anything."""
        if method != "GET" and (method, path) != PRICE:
            raise InvalidInput("An assistant only reads: it cannot change anything.")
        return super().send(method, path, content, headers, query)
