"""What both consoles do around every page: who asks, in which language, under which headers."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import quote, urlsplit

import structlog
from flask import Flask, Response, g, redirect, render_template, request
from markupsafe import Markup
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from api.auth import REFUSAL as UNKNOWN
from api.console import entrance, roles, words
from api.console.entrance import Door, parts
from api.console.sessions import Session, Sessions
from api.problems import STATUS, TransportRefusal
from api.targets import check_target
from cleanroom.documents.document import invalid_field
from cleanroom.errors import CleanroomError, InvalidInput, PeerFault, Unreachable
from cleanroom.mediator.ports import StorageFault
from cleanroom.mediator.trouble import place_of
from cleanroom.report import (
    LANGUAGES,
    Language,
    html,
    if_known,
    in_words,
    leak,
    plain,
    refused,
    said,
)
from protocols.errors import ProtocolError, RemoteError

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
POST_BYTES = 1 << 20

_LOG_TAB = ("/log", "console.log")
TABS: Final = {
    "party": (
        ("", "tab.overview"),
        ("/ask", "console.ask"),
        ("/questions", "console.jobs"),
        ("/approvals", "console.approvals"),
        ("/datasets", "console.datasets"),
        ("/budget", "console.budget"),
        _LOG_TAB,
    ),
    "agency": (
        ("", "tab.overview"),
        ("/questions", "console.jobs"),
        ("/datasets", "console.datasets"),
        ("/budget", "console.budget"),
        _LOG_TAB,
    ),
    "auditor": (
        ("", "tab.overview"),
        ("/questions", "console.jobs"),
        ("/datasets", "console.datasets"),
        ("/budget", "console.budget"),
        _LOG_TAB,
    ),
    "mediator": (("", "tab.overview"), ("/questions", "console.jobs"), _LOG_TAB),
    "bundle": (_LOG_TAB,),
}
"""The pages of a room by console; an auditor's own console asks and approves nothing."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger("cleanroom.console")


def create_frame(kind: str, door: Door, sessions: Sessions) -> Flask:
    """Return an application with everything but its pages; ``kind`` is party or mediator."""
    app = Flask("api.console", static_folder="static", template_folder="templates")
    app.config["MAX_CONTENT_LENGTH"] = POST_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = POST_BYTES
    app.extensions["console"] = entrance.Parts(kind, door, sessions)
    # Whatever a page shows passes here, so no page can forget it.
    app.jinja_env.finalize = _plain
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(html.FILTERS)
    app.jinja_env.filters["dict_without"] = _without
    app.jinja_env.filters["spent"] = spent
    app.jinja_env.filters["in_words"] = lambda text: in_words(str(text), language())
    app.jinja_env.filters["if_known"] = lambda text: if_known(str(text), language())
    app.jinja_env.globals.update(
        t=translate,
        kind=kind,
        said=lambda name: said(name, language()),
        t_field=lambda name: words.field_name(name, language()),
        t_hint=lambda name: words.field_hint(name, language()),
        t_raw=lambda key: words.raw(key, language()),
        t_known=lambda key, otherwise: words.known(key, otherwise, language()),
        refused=lambda problem: _refused(problem, language()),
        t_leak=lambda text: leak(text, language()),
        room_tabs=TABS.__getitem__,
    )
    app.context_processor(_words)
    app.before_request(_enter)
    app.after_request(_leave)
    entrance.add(app, door)
    _handle_errors(app)
    return app


def translate(key: str, **values: object) -> str:
    """Say something in the language of the request."""
    return words.say(key, language(), **values)


def language() -> Language:
    """Return the language of the request: chosen, or what the browser prefers."""
    if "language" not in g:
        chosen = request.cookies.get("language", "")
        best = request.accept_languages.best_match(["en", "zh", "zh-CN", "zh-Hans"], "en")
        g.language = chosen if chosen in LANGUAGES else (best or "en")[:2]
    return cast(Language, g.language)


def session() -> Session:
    """Return who is signed in."""
    return cast(Session, g.session)


def spent(item: Mapping[str, Any]) -> float:
    """Return the rho that a question has spent: none if its price was given back."""
    given_back = (item.get("problem") or {}).get("given_back", False)
    return 0.0 if given_back else float(item["plan"]["rho"])


def _without(values: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if name not in names}


def _words() -> dict[str, Any]:
    return {
        "language": language(),
        "session": g.get("session"),
        "other_language": "zh" if language() == "en" else "en",
        "here": request.path,
        "root": request.script_root,
    }


def _enter() -> Any:
    g.request_id = secrets.token_hex(16)
    check_target(request)
    door = parts().door
    if door.hosts and request.host not in door.hosts:
        # Another name for this address is another site's attempt to read it (DNS rebinding).
        raise TransportRefusal(403, "this console does not answer under that name")
    if request.method == "POST":
        _check_origin()
    if request.endpoint == "static":
        return None
    if request.method == "GET" and request.args.get("language") in LANGUAGES:
        return _choose_language(request.args["language"])
    g.session = parts().sessions.find(request.cookies.get(entrance.cookie()))
    if g.session is None and (request.endpoint == "sign_out" or request.endpoint not in roles.OPEN):
        return Response(entrance.page(""), 401)
    if request.method == "POST" and g.session is not None and request.endpoint != "sign_in_now":
        _check_csrf(g.session)
    if request.endpoint is not None and request.endpoint not in roles.OPEN:
        entrance.let_through(g.session, request.endpoint)
    return None


def _choose_language(chosen: str) -> Any:
    rest = {name: value for name, value in request.args.items(multi=False) if name != "language"}
    query = "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in rest.items())
    # The path is this application's own, so the redirect stays here; quoted, for a tab or a line
    # break that is left out of an address would turn "/<tab>/host" into another host's.
    target = quote(request.script_root + request.path) + (f"?{query}" if query else "")
    response = redirect("/" + target.lstrip("/"))
    response.set_cookie("language", chosen, max_age=365 * 86400, **entrance.closed())
    return response


def _check_origin() -> None:
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    door = parts().door
    public = urlsplit(door.public).netloc or request.host
    same = origin is None or urlsplit(origin).netloc in (public, request.host)
    if not same or site not in ("same-origin", "none"):
        raise TransportRefusal(403, "another site sent this form")


def _check_csrf(session: Session) -> None:
    given = request.form.get("csrf", "")
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise TransportRefusal(403, "this form is not from this session; load the page again")


def _leave(response: Response) -> Response:
    entrance.note_end(response)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint == "static":
        response.headers["Cache-Control"] = "no-cache"
    return response


def _handle_errors(app: Flask) -> None:
    def refusal(error: CleanroomError) -> Any:
        status = next(STATUS[base] for base in type(error).__mro__ if base in STATUS)
        remedy, sentence = getattr(error, "remedy", None), error.sentence
        unknown = sentence == UNKNOWN
        if unknown or isinstance(error, Unreachable):
            g.away = error
        if unknown:
            sentence = translate("kept.unknown")
        if isinstance(error, PeerFault):
            sentence = _from_outside(sentence)
        return problem(status, error.title, sentence, getattr(error, "rule", None), remedy)

    def invalid(error: ValidationError) -> Any:
        return refusal(invalid_field("form", error))

    def transport(error: TransportRefusal) -> Any:
        return problem(error.status, translate("problem.form"), error.detail)

    def protocol(error: ProtocolError) -> Any:
        title = PeerFault.title if isinstance(error, RemoteError) else InvalidInput.title
        return problem(422, title, _from_outside(str(error)))

    def storage(_error: StorageFault) -> Any:
        return problem(503, translate("problem.storage"), translate("problem.storage.detail"))

    def http(error: HTTPException) -> Any:
        code = error.code or 500
        key = f"problem.{code}" if code in (404, 405, 413) else "problem.http"
        return problem(code, translate(key), translate("problem.http.detail"))

    def anything(error: Exception) -> Any:
        _log.error("failure", request=g.get("request_id"), place=place_of(error))
        return problem(500, CleanroomError.title, translate("problem.internal"))

    app.register_error_handler(CleanroomError, refusal)
    app.register_error_handler(ValidationError, invalid)
    app.register_error_handler(TransportRefusal, transport)
    app.register_error_handler(ProtocolError, protocol)
    app.register_error_handler(StorageFault, storage)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, anything)


def problem(
    status: int, title: str, sentence: str, rule: str | None = None, remedy: str | None = None
) -> tuple[str, int]:
    """Return a page that says what went wrong and what to do about it."""
    page = render_template(
        "problem.html",
        status=status,
        title=in_words(title, language()),
        sentence=in_words(sentence, language()),
        rule=rule,
        remedy=in_words(remedy or "", language()),
        request_id=g.get("request_id", ""),
    )
    return page, status


def _from_outside(sentence: str) -> str:
    """Say in the reader's language that what came from outside does not hold; then how, as told."""
    known = if_known(sentence, language())
    return (
        known if language() == "en" or known != sentence else translate("problem.peer", told=known)
    )


def _refused(problem: Mapping[str, Any], spoken: Language) -> str:
    """Say who refused a question and why."""
    rule, reason, party = (str(problem.get(key, "")) for key in ("rule", "detail", "party"))
    return refused(rule, if_known(reason, spoken), party, spoken)


def _plain(value: Any) -> Any:
    """Return a text of which nothing steers the reader's eye; markup of a page is its own.

    Browsers end the lines of a text box with CR LF, which is one end of a line.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return plain(value.replace("\r\n", "\n"))
