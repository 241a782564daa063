"""What a room's brands delegated to agencies: read it, grant more, take it back."""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from api.console.desk import desk
from api.console.frame import translate
from api.console.party_rooms import frame
from cleanroom.agent import delegations
from cleanroom.errors import InvalidInput

blueprint = Blueprint("delegations", __name__)


@blueprint.get("/rooms/<room>/delegations")
def show(room: str) -> str:
    """List the delegations of a room; a brand finds the form for the next one."""
    found = desk().room(room)
    agreement, own = found.agreement, found.own
    may = own.role == "brand"
    owners = {own.name, *(card.name for card in agreement.facing(own.name))}
    return render_template(
        "party/delegations.html",
        **frame(found),
        items=delegations.listed(found),
        now=time.time(),
        agencies=[card.name for card in agreement.by_role("agency")] if may else [],
        offered=[
            f"{terms.party}.{terms.name}" for terms in agreement.datasets if terms.party in owners
        ],
        templates=agreement.templates,
        rho=agreement.policy.rho_per_release,
    )


@blueprint.post("/rooms/<room>/delegations")
def answer(room: str) -> Any:
    """Sign the delegation of the form, or take back the one that it names."""
    found, form = desk().room(room), request.form
    if form.get("action") == "revoke":
        delegations.revoke(found, form.get("delegation", ""))
    else:
        rho, until = _number(form.get("rho", "")), _day(form.get("until", ""))
        made = delegations.draft(
            found,
            form.get("agency", ""),
            form.getlist("dataset"),
            form.getlist("template"),
            rho,
            until,
        )
        delegations.grant(found, made)
    return redirect(url_for("delegations.show", room=room))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidInput(translate("delegations.rho.wrong")) from None


def _day(text: str) -> int:
    """Return the first second (UTC) of a day."""
    try:
        return delegations.first_second(text)
    except ValueError:
        raise InvalidInput(translate("delegations.until.wrong")) from None
