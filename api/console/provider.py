"""Sign in by an account elsewhere: OpenID Connect's code flow with PKCE, by Authlib.

OpenID Connect Core 1.0, section 3.1; RFC 7636 (S256); RFC 9207.  What a browser brings back is
bound to it by a cookie alone: state, nonce and verifier follow from the cookie under a key that
lives as long as the program, so that nobody fills a memory by beginning and never ending.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import structlog

from api.console.people import People
from cleanroom.errors import InvalidInput, Unauthenticated, Unreachable

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

SECRET: Final = "CLEANROOM_OIDC_SECRET"  # noqa: S105 - the name of a variable
"""Variable with the client's secret at the provider; a public client has none."""

BEGUN_SECONDS: Final = 600
"""Time within which whoever went to the provider has to be back."""

FRESH_SECONDS: Final = 3600
"""Time for which what the provider says of itself is kept."""

PATIENCE: Final = 10
"""Seconds for which the provider may take to answer."""

LEEWAY: Final = 30
"""Seconds by which the provider's clock may differ."""

ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    "Ed25519",
)  # fmt: skip
"""Signatures alone: a key that everybody knows must not pass for a shared secret."""

ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
REFUSAL: Final = "the provider did not confirm this sign-in, or it took too long; try again"

_log: structlog.stdlib.BoundLogger = structlog.get_logger("cleanroom.console")


class Provider:
    """Send browsers to the provider and read who came back."""

    def __init__(
        self, people: People, secret: str | None, now: Callable[[], float] = time.time
    ) -> None:
        try:
            import authlib.integrations.requests_client  # noqa: F401, PLC0415 (an extra)
        except ImportError:
            raise InvalidInput(
                "Sign-in by a provider needs Authlib.",
                remedy='Run: pip install "cleanroom-two-party[people]"',
            ) from None
        self._people, self._secret, self._now = people, secret, now
        self._key = secrets.token_bytes(32)
        self._known: tuple[float, dict[str, Any]] | None = None

    def begin(self, back: str) -> tuple[str, str]:
        """Return where to send a browser, and the cookie that it has to bring ``back``.

        Raises ``Unreachable`` if the provider does not answer.
        """
        begun = f"{int(self._now())}.{secrets.token_urlsafe(32)}"
        found = self._metadata()
        with self._client(back, found) as client:
            url, _ = client.create_authorization_url(
                found["authorization_endpoint"],
                state=self._derived(begun, "state"),
                nonce=self._derived(begun, "nonce"),
                code_verifier=self._derived(begun, "verifier"),
            )
        return url, begun

    def end(self, begun: str, given: Mapping[str, str], back: str) -> dict[str, Any]:
        """Return the claims of an ID token that answers what this browser began.

        Raises ``Unauthenticated`` for everything else, ``Unreachable`` if the provider is silent.
        """
        self._check_begun(begun, given)
        found = self._metadata()
        issuer = given.get("iss", self._people.issuer)
        unsaid = found.get("authorization_response_iss_parameter_supported") and "iss" not in given
        if issuer != self._people.issuer or unsaid or not given.get("code"):
            raise Unauthenticated(REFUSAL)
        return self._claims(found, begun, given["code"], back)

    def _check_begun(self, begun: str, given: Mapping[str, str]) -> None:
        """Raise ``Unauthenticated`` unless this browser began, and lately."""
        wanted = self._derived(begun, "state")
        since = begun.partition(".")[0]
        plain = since.isdecimal() and since.isascii() and len(since) < 16
        if not hmac.compare_digest(given.get("state", "").encode(), wanted.encode()) or not plain:
            raise Unauthenticated(REFUSAL)
        if not 0 <= self._now() - int(since) <= BEGUN_SECONDS:
            raise Unauthenticated(REFUSAL)

    def _claims(self, found: dict[str, Any], begun: str, code: str, back: str) -> dict[str, Any]:
        from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415 (an extra)
        from authlib.oidc.core import CodeIDToken  # noqa: PLC0415
        from joserfc import jwt  # noqa: PLC0415
        from joserfc.errors import JoseError  # noqa: PLC0415
        from joserfc.jwk import KeySet  # noqa: PLC0415
        from joserfc.jws import JWSRegistry  # noqa: PLC0415
        from requests import RequestException  # noqa: PLC0415

        try:
            with self._client(back, found) as client:
                answer = client.fetch_token(
                    found["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=self._derived(begun, "verifier"),
                    timeout=PATIENCE,
                    allow_redirects=False,
                )
            # Fetched every time: a key that the provider took back must not go on to count.
            keys = KeySet.import_key_set(self._get(found["jwks_uri"]))  # type: ignore[arg-type]
            registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
            token = jwt.decode(answer["id_token"], keys, registry=registry)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": self._people.issuer},
                    "aud": {"essential": True, "value": self._people.client_id},
                    "sub": {"essential": True},
                },
                {
                    "nonce": self._derived(begun, "nonce"),
                    "client_id": self._people.client_id,
                    "access_token": answer.get("access_token"),
                },
            )
            claims.validate(now=int(self._now()), leeway=LEEWAY)
            if not isinstance(claims["sub"], str):
                raise Unauthenticated(REFUSAL)
        except (AuthlibBaseError, JoseError, KeyError, TypeError, ValueError) as error:
            _log.warning("sign-in refused", kind=type(error).__name__)
            raise Unauthenticated(REFUSAL) from None
        except RequestException as error:
            raise _silent(error) from None
        return dict(claims)

    def _client(self, back: str, found: Mapping[str, Any]) -> OAuth2Session:
        from authlib.integrations.requests_client import OAuth2Session  # noqa: PLC0415

        ways = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        way = "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"
        return OAuth2Session(
            self._people.client_id,
            self._secret,
            token_endpoint_auth_method=way if self._secret else "none",
            scope=" ".join(self._people.scopes),
            redirect_uri=back,
            code_challenge_method="S256",
        )

    def _metadata(self) -> dict[str, Any]:
        """Return what the provider says of itself, if it is the one that is meant."""
        if self._known and 0 <= self._now() - self._known[0] <= FRESH_SECONDS:
            return self._known[1]
        issuer = self._people.issuer
        found = self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer or not all(_closed(found.get(one)) for one in ENDPOINTS):
            raise Unreachable("The sign-in provider is not set up correctly.")
        self._known = self._now(), found
        return found

    def _get(self, url: str) -> dict[str, Any]:
        """Return an object of the provider; raise ``Unreachable`` if there is none."""
        import requests  # noqa: PLC0415 (an extra)

        try:
            answer = requests.get(url, timeout=PATIENCE, allow_redirects=False)
            found = answer.json() if answer.status_code == 200 else None
        except (requests.RequestException, ValueError) as error:
            raise _silent(error) from None
        if not isinstance(found, dict):
            raise Unreachable("The sign-in provider does not answer as it should.")
        return found

    def _derived(self, begun: str, purpose: str) -> str:
        made = hmac.digest(self._key, f"{purpose} {begun}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _silent(error: Exception) -> Unreachable:
    _log.warning("provider", kind=type(error).__name__)
    return Unreachable("The sign-in provider does not answer.")


def _closed(url: Any) -> bool:
    """Tell whether an address is over TLS, or on this machine."""
    if not isinstance(url, str):
        return False
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    return bool(parts.hostname) and (parts.scheme == "https" or local)
