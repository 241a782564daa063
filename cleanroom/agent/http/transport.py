"""Send signed requests and read answers or problem documents.

Requests follow RFC 9421 with Ed25519 over method, path, query, the digest of the body and the
Idempotency-Key; what a proxy may change (scheme, authority) is left out.
"""

from __future__ import annotations

import copy
import json
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cleanroom.documents.document import LARGEST
from cleanroom.errors import (
    BudgetExhausted,
    CleanroomError,
    Conflict,
    InvalidInput,
    NotFound,
    PeerFault,
    PolicyRefusal,
    Unauthenticated,
    Unreachable,
)
from protocols.deferred import Deferred
from protocols.signing import SigningKey

if TYPE_CHECKING:
    import http_message_signatures
    import httpx
else:
    http_message_signatures = Deferred("http_message_signatures")
    httpx = Deferred("httpx")

COVERED = ("@method", "@path", "@query")
ATTEMPTS = 6
"""Tries of one request before the mediator counts as unreachable; waits double from 0.2 s."""

HURRIED = 3
"""Tries where somebody waits who can be shown something else: over within a second."""

CONNECT = (1.0, 5.0)
"""Seconds for a connection at the first try, so that a person hears soon, and at later ones."""

REFUSED = 2
"""Tries that are refused as not authenticated before that counts: a proxy may have sent a request
to a second server, which refuses the nonce that the first one has used."""

LONGEST_WAIT = 60.0
"""Most seconds between two tries, whatever the answer asks for."""

READ_TIMEOUT = 60.0

LONGEST_ANSWER = 256 << 20
"""Most bytes of an answer: the longest honest one says which of 20 million rows matched."""

LONGEST_JSON = 64 << 20
"""Most bytes of an answer in JSON: read, each may become some twenty in memory."""

PLAIN = {"accept-encoding": "identity"}
"""A packed answer of a few bytes could unpack to more than the machine holds."""

PASSING_RULES = ("content-digest", "rate", "relay-full")
"""Rules whose refusals are worth another try: a garbled body, too many at once."""


def _trusted(url: str) -> ssl.SSLContext | bool:
    """Return whose certificates count: the usual ones, which take long to read, for TLS alone.

    Without TLS nobody's do, so a connection that turns to it all the same fails.
    """
    return url.startswith("https:") or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Transport:
    """Sign, send, retry what may be retried, and raise what the mediator refused."""

    def __init__(
        self, url: str, key: SigningKey, tell: Callable[[str], None] = lambda _line: None
    ) -> None:
        """``tell`` hears in a line that the mediator does not answer and is tried again."""
        self.url = url
        self._attempts, self._tell = ATTEMPTS, tell
        timeout = httpx.Timeout(READ_TIMEOUT, connect=CONNECT[1])
        self._client = httpx.Client(
            base_url=url, timeout=timeout, headers=PLAIN, verify=_trusted(url)
        )
        self._sign_with(key)

    def signing_as(self, key: SigningKey) -> Transport:
        """Return the same connections with requests signed by another key."""
        other = copy.copy(self)
        other._sign_with(key)
        return other

    def hurried(self) -> Transport:
        """Return the same connections for what gives up soon, and tells nobody that it waits."""
        other = copy.copy(self)
        other._attempts, other._tell = HURRIED, lambda _line: None
        return other

    def _sign_with(self, key: SigningKey) -> None:
        self._key_id = key.verifying_key.fingerprint()
        private = Ed25519PrivateKey.from_private_bytes(key.expose())
        keys = {self._key_id: private}
        self._signer = http_message_signatures.HTTPMessageSigner(
            signature_algorithm=http_message_signatures.algorithms.ED25519,
            key_resolver=http_message_signatures.MappingKeyResolver(
                public_keys={}, private_keys=keys
            ),
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def json(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Send JSON, return JSON (None for an empty answer)."""
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {} if body is None else {"content-type": "application/json"}
        response = self.send(method, path, content, headers, query)
        return read_json(response) if response.content else None

    def send(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """Send a request; every try is signed anew, with a nonce of its own.

        Raises ``Unreachable`` after the last try, and the error that a problem document names.
        """
        wait, last, refused = 0.2, "", 0
        for turn in range(self._attempts):
            if turn:
                time.sleep(wait)
                wait = min(2 * wait, 10)
            request = self.signed(method, path, content, headers or {}, query or {})
            request.extensions["timeout"]["connect"] = CONNECT[min(turn, 1)]
            try:
                response = _read(self._client.send(request, stream=True))
            except httpx.TransportError as error:
                last = type(error).__name__
            else:
                refused += response.status_code == 401
                if not _may_pass(response, refused):
                    return _checked(response)
                last = f"status {response.status_code}"
                wait = max(wait, _asked_to_wait(response))
            if not turn and not refused:
                self._tell_waiting(wait)
        raise Unreachable(f"The mediator at {self._client.base_url} does not answer ({last}).")

    def _tell_waiting(self, wait: float) -> None:
        """Say that a request is tried again, and until when if every try fails at once."""
        seconds = wait * (2 ** (self._attempts - 1) - 1)
        until = time.strftime("%H:%M:%S", time.localtime(time.time() + seconds))
        self._tell(f"{self.url} does not answer; trying again until {until}.")

    def signed(
        self,
        method: str,
        path: str,
        content: bytes | None,
        headers: Mapping[str, str],
        query: Mapping[str, Any],
    ) -> httpx.Request:
        """Return a request as it may be sent once, by whatever connection."""
        params = {name: value for name, value in query.items() if value is not None}
        request = self._client.build_request(
            method, path, content=content, headers=headers, params=params or None
        )
        idempotent = ("idempotency-key",) if "idempotency-key" in request.headers else ()
        self._signer.sign(
            request,
            key_id=self._key_id,
            nonce=secrets.token_urlsafe(16),
            covered_component_ids=(*COVERED, *idempotent),
            body=content,
        )
        return request


def _read(response: httpx.Response) -> httpx.Response:
    """Read an answer to its end; raise ``PeerFault`` for one that is packed or too long."""
    try:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise PeerFault("The mediator's answer is compressed, which nobody asked for.")
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > LONGEST_ANSWER:
                raise PeerFault("The mediator's answer is longer than any is allowed to be.")
    finally:
        response.close()
    return httpx.Response(
        response.status_code,
        headers=response.headers,
        content=bytes(body),
        request=response.request,
    )


def _may_pass(response: httpx.Response, refused: int) -> bool:
    """Tell a busy server and a body that was garbled on its way from a refusal that stays.

    ``refused`` counts the answers to this request so far that it is not authenticated.
    """
    if response.status_code == 401:
        return refused < REFUSED
    rule = _problem(response).get("rule")
    if rule in PASSING_RULES:
        return True
    return response.status_code in {429, 502, 503, 504} and not rule


def _asked_to_wait(response: httpx.Response) -> float:
    """Return the seconds of Retry-After within bounds; a proxy may write a date there instead."""
    text = response.headers.get("retry-after", "")
    return min(float(text), LONGEST_WAIT) if text.isdecimal() else 0.0


def read_json(response: httpx.Response) -> Any:
    """Return what an answer holds; raise ``PeerFault`` if it is not JSON that can be written again.

    Numbers beyond those of a document are none: whoever makes canonical bytes would stumble.
    """
    if len(response.content) > LONGEST_JSON:
        raise PeerFault("The mediator's answer is longer than any is allowed to be.")
    try:
        return json.loads(
            response.content.decode(),
            parse_constant=_number,
            parse_float=_number,
            parse_int=_integer,
        )
    except (ValueError, RecursionError):
        raise PeerFault("The mediator's answer is not JSON.") from None


def _number(text: str) -> float:
    value = float(text)
    if not abs(value) <= LARGEST:
        raise ValueError("numbers must be below 2^53 in magnitude")
    return value


def _integer(text: str) -> int:
    _number(text)
    return int(text)


def _problem(response: httpx.Response) -> dict[str, Any]:
    if response.headers.get("content-type", "").startswith("application/problem+json"):
        with suppress(PeerFault):
            found = read_json(response)
            return found if isinstance(found, dict) else {}
    return {}


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    problem = _problem(response)
    detail = str(problem.get("detail") or f"the mediator answered {response.status_code}")
    rule = str(problem.get("rule") or "")
    error = _error(response.status_code, str(problem.get("type", "")), detail, rule)
    error.problem = problem  # type: ignore[attr-defined]
    raise error


def _error(status: int, kind: str, detail: str, rule: str) -> CleanroomError:
    """Turn a problem document back into the error that it was made from."""
    if kind == BudgetExhausted.type:
        return BudgetExhausted(detail, rule=rule)
    if kind == PolicyRefusal.type or (status in {403, 429} and rule):
        return PolicyRefusal(detail, rule=rule)
    if status == 409:
        return Conflict(detail, rule=rule or "conflict")
    by_status: dict[int, type[CleanroomError]] = {
        400: InvalidInput,
        401: Unauthenticated,
        404: NotFound,
        413: InvalidInput,
        415: InvalidInput,
        422: InvalidInput,
    }
    return by_status.get(status, PeerFault if status < 500 else Unreachable)(detail)
