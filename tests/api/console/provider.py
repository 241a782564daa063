"""A small OpenID provider on loopback: it signs whoever comes in, as its script says."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, jsonify, redirect, request
from joserfc.jwk import ECKey, KeySet, OctKey
from joserfc.jws import JWSRegistry, serialize_compact
from werkzeug.serving import make_server

CLIENT, SECRET = "cleanroom-acme", "a secret of the client"
ANN = {"sub": "248289", "name": "Ann Li", "groups": ["analysts"]}


@dataclass
class Script:
    """What the provider says of whom, and how it may be spoilt."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=lambda: dict(ANN))
    header: dict[str, Any] = field(default_factory=dict)
    key: ECKey | OctKey | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    spoil: Callable[[dict[str, Any]], None] = lambda _claims: None
    answer: Callable[[dict[str, Any]], Any] = lambda answer: answer
    again: bool = False
    asked: list[str] = field(default_factory=list)


def challenge(verifier: str) -> str:
    made = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def create(script: Script) -> Flask:
    """Return the provider: a code is good for the client, address and verifier that it is of.

    It is good once, unless the provider is a careless one (``again``).
    """
    app, codes, own = Flask("provider"), {}, ECKey.generate_key("P-256", {"kid": "k"})

    @app.get("/.well-known/openid-configuration")
    def metadata() -> Any:
        places = {"authorization": "authorize", "token": "token"}
        found = {f"{name}_endpoint": f"{script.issuer}/{at}" for name, at in places.items()}
        return {"issuer": script.issuer, "jwks_uri": f"{script.issuer}/keys", **found} | (
            script.metadata
        )

    @app.get("/keys")
    def keys() -> Any:
        return KeySet([own]).as_dict(private=False)

    @app.get("/authorize")
    def authorize() -> Any:
        script.asked.append(request.url)
        given = request.args
        assert given["response_type"] == "code" and given["code_challenge_method"] == "S256"
        assert "openid" in given["scope"].split() and given["client_id"] == CLIENT
        code = secrets.token_urlsafe(8)
        codes[code] = given.to_dict()
        return redirect(f"{given['redirect_uri']}?code={code}&state={given['state']}")

    @app.post("/token")
    def token() -> Any:
        known = codes.get(request.form["code"])
        if not script.again:
            codes.pop(request.form["code"], None)
        basic = request.authorization
        if (
            known is None
            or (basic is None or (basic.username, basic.password) != (CLIENT, SECRET))
            or request.form["redirect_uri"] != known["redirect_uri"]
            or challenge(request.form["code_verifier"]) != known["code_challenge"]
        ):
            return jsonify(error="invalid_grant"), 400
        now = int(time.time())
        said = {"iss": script.issuer, "aud": CLIENT, "exp": now + 60, "iat": now}
        claims = {**script.claims, **said, "nonce": known["nonce"]}
        script.spoil(claims)
        header = {"alg": "ES256", "kid": "k", **script.header}
        every = JWSRegistry(algorithms=[header["alg"]])
        text = json.dumps(claims).encode()
        signed = serialize_compact(header, text, script.key or own, registry=every)
        answer = {"access_token": "t", "token_type": "Bearer", "id_token": signed}
        return script.answer(answer)

    return app


@contextmanager
def provider() -> Iterator[Script]:
    """Run a provider on a free port of this machine; yield its script."""
    script = Script()
    server = make_server("127.0.0.1", 0, create(script), threaded=True)
    script.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
