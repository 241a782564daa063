"""Know who asks: HTTP message signatures (RFC 9421), Ed25519, one signature, each nonce once.

Covered are the method, the path, the query, the digest of the body where there is one and the
Idempotency-Key where there is one.  Scheme and authority are left out, so that a proxy may change
them.  Every failure is the same 401.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Request
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from http_message_signatures.digests import ContentDigest
from http_message_signatures.exceptions import HTTPMessageSignaturesException, InvalidSignature
from werkzeug.datastructures import Headers

from api.problems import TransportRefusal
from api.targets import check_target
from cleanroom.errors import Unauthenticated
from cleanroom.mediator import Mediator
from cleanroom.mediator.access import Proof
from cleanroom.mediator.ports import StorageFault

COVERED: Final = ("@method", "@path", "@query")
NONCE_LENGTHS: Final = range(8, 129)
REFUSAL: Final = "the request is not authenticated"


@dataclass(frozen=True)
class _Message:
    """A request as the verifier reads it, with the target as it stood on the wire."""

    method: str
    url: str
    headers: Headers


class _Keys(HTTPSignatureKeyResolver):
    def __init__(self, mediator: Mediator) -> None:
        self._mediator = mediator

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        key = self._mediator.access.key(key_id)
        return Ed25519PublicKey.from_public_bytes(key.raw) if key else None


class _Verifier(HTTPMessageVerifier):
    """Verify by the mediator's own clock."""

    def __init__(self, keys: _Keys, now: Callable[[], int], skew: int) -> None:
        super().__init__(signature_algorithm=algorithms.ED25519, key_resolver=keys)
        self._now = now
        self._skew = skew

    def validate_created_and_expires(
        self, sig_input: Any, max_age: timedelta | None = None
    ) -> None:
        created, expires = sig_input.params.get("created"), sig_input.params.get("expires")
        now = self._now()
        if type(created) is not int or created > now + self._skew:
            raise InvalidSignature("created is missing or in the future")
        if max_age is not None and created + max_age.total_seconds() < now - self._skew:
            raise InvalidSignature("the signature is too old")
        if expires is not None and (type(expires) is not int or expires < now - self._skew):
            raise InvalidSignature("the signature has expired")


def authenticate(mediator: Mediator, request: Request) -> Proof:
    """Return what the request's signature proves; ``Unauthenticated`` if it proves nothing.

    Its nonce is still to be used up.
    """
    settings = mediator.context.settings
    verifier = _Verifier(_Keys(mediator), mediator.context.seconds, settings.clock_skew)
    try:
        results = verifier.verify(
            _message(request),
            max_age=timedelta(seconds=settings.request_max_age),
        )
    except (HTTPMessageSignaturesException, ValueError) as error:
        raise Unauthenticated(REFUSAL) from error
    parameters = results[0].parameters
    nonce, created = parameters.get("nonce"), parameters["created"]
    if len(results) != 1 or not isinstance(nonce, str) or len(nonce) not in NONCE_LENGTHS:
        raise Unauthenticated(REFUSAL)
    # Named as they stand in the signature base: a component with parameters is another one.
    if not {f'"{name}"' for name in _required(request)} <= results[0].covered_components.keys():
        raise Unauthenticated(REFUSAL)
    return Proof(str(parameters["keyid"]), nonce, int(created))


def signer_of(mediator: Mediator) -> Callable[[Request], str | None]:
    """Return what names the key that signed the head of a request, None if none did.

    The nonce is not used up: the request is yet to come.
    """

    def signer(request: Request) -> str | None:
        try:
            check_target(request)
            return authenticate(mediator, request).fingerprint
        except (TransportRefusal, Unauthenticated, StorageFault):
            return None

    return signer


def check_digest(request: Request, body: bytes) -> None:
    """Refuse a body that is not the one whose digest was signed."""
    if "Content-Digest" not in request.headers:
        return
    try:
        ContentDigest.verify(request.headers["Content-Digest"], body)
    except HTTPMessageSignaturesException:
        text = "the body does not match its Content-Digest"
        raise TransportRefusal(400, text, "content-digest") from None


def _required(request: Request) -> tuple[str, ...]:
    required: tuple[str, ...] = COVERED
    if request.content_length or "Content-Digest" in request.headers:
        required += ("content-digest",)
    if "Idempotency-Key" in request.headers:
        required += ("idempotency-key",)
    return required


def _message(request: Request) -> _Message:
    target = str(request.environ.get("REQUEST_URI") or request.full_path)
    if not target.startswith("/"):
        raise Unauthenticated(REFUSAL)
    # The authority is not covered, so any will do.
    return _Message(request.method, f"https://mediator.invalid{target}", request.headers)
