"""Sign in without a password: a link that the party's own key signed, good once and not for long.

The ticket in the link names who it is for (``audience``), so a link for one console opens no
other.  The signature has a domain of its own (``protocols.signing``).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from cleanroom.documents.document import Count, Document, Hex128, Text
from cleanroom.errors import InvalidInput, Unauthenticated
from protocols.errors import InvalidMessageError
from protocols.randomness import Random
from protocols.signing import SigningKey, VerifyingKey

DOMAIN = "cleanroom/console-login/v1"
TICKET_SECONDS = 120
SKEW_SECONDS = 5
LONGEST_LINK = 2000


class Ticket(Document):
    """Ask one console to let one key in; ``created`` is Unix seconds."""

    audience: Text
    key: Hex128
    created: Count
    nonce: Hex128


def write_ticket(key: SigningKey, audience: str, now: int, random: Random) -> str:
    """Return a signed ticket as text that fits a link."""
    ticket = Ticket(
        audience=audience,
        key=key.verifying_key.fingerprint(),
        created=now,
        nonce=random(16).hex(),
    )
    text = ticket.canonical()
    return f"{_encode(text)}.{_encode(key.sign(DOMAIN, text))}"


def read_ticket(
    text: str, audience: str, find_key: Callable[[str], VerifyingKey | None], now: int
) -> Ticket:
    """Return a ticket that is for this console, fresh, and signed by a key that it knows.

    The caller uses up the nonce.  Every failure is the same ``Unauthenticated``.
    """
    try:
        if len(text) > LONGEST_LINK:
            raise Unauthenticated(REFUSAL)
        body, _, signature = text.partition(".")
        data = _decode(body)
        ticket = Ticket.parse(data)
        key = find_key(ticket.key)
        if key is None or ticket.canonical() != data or ticket.audience != audience:
            raise Unauthenticated(REFUSAL)
        key.verify(DOMAIN, data, _decode(signature))
    except (InvalidInput, InvalidMessageError, ValueError, binascii.Error):
        raise Unauthenticated(REFUSAL) from None
    if not -SKEW_SECONDS <= now - ticket.created <= TICKET_SECONDS:
        raise Unauthenticated(REFUSAL)
    return ticket


REFUSAL = "this sign-in link is not valid, was used, or is older than two minutes"


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
