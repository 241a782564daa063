"""Let people leave: look how many are there, then erase exactly those, in the background.

What is kept between the two steps are the digests of the request, in memory; nobody's identifier
comes back on a page.
"""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any, Final

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for

from api.console.desk import Desk, desk
from api.console.frame import language, translate
from api.console.work import progress_of
from cleanroom.agent import erased, erasure
from cleanroom.agent.erasure import Request
from cleanroom.agent.uploads import Progress
from cleanroom.documents.payloads import erased_step
from cleanroom.errors import Conflict
from cleanroom.system import workers

blueprint = Blueprint("erase", __name__)

WORK: Final = "erase"


@blueprint.get("/erase")
def show() -> str:
    """Take identifiers, or tell how far an erasure is and what it did."""
    return _page()


@blueprint.post("/erase")
def act() -> Any:
    """Say how many of the people are in which dataset, or erase those who were looked at."""
    here = desk()
    if request.form.get("action") == "erase":
        draft = request.form.get("people", "")
        asked = here.drafts.get(draft)
        if not isinstance(asked, Request):
            raise Conflict(translate("erase.again"), rule="unchecked")
        del here.drafts[draft]
        here.data.start(WORK, partial(_erase, here, asked))
        return redirect(url_for("erase.show"))
    people = erased.read(
        request.form.get("people", "").splitlines(),
        translate("erase.people"),
        request.form.get("region", "").strip().upper() or None,
        sorted(erasure.profiles(here.home, here.client)),
    )
    name = " ".join(request.form.get("request", "").split())[:100]
    asked = Request(name or secrets.token_hex(8), people)
    found = erasure.found(here.home, here.client, asked)
    draft = secrets.token_hex(16)
    here.keep_draft(draft, asked)
    most = erased_step(len(people))
    return _page(found=found, draft=draft, count=len(people), most=most)


@blueprint.get("/erase/state.json")
def state() -> Response:
    """Say how far an erasure is, for the page that waits."""
    return jsonify(progress_of(desk().data, WORK, "upload.step", language()))


def _erase(here: Desk, asked: Request, tell: Progress) -> dict[str, Any]:
    with workers() as executor:
        return erasure.erase(here.home, here.client, asked, executor, tell)


def _page(**more: Any) -> str:
    work = desk().data
    return render_template(
        "party/erase.html",
        progress=progress_of(work, WORK, "upload.step", language()),
        failure=work.failure(WORK),
        done=work.result(WORK),
        **more,
    )
