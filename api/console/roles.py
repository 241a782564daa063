"""Which role each page and each form of the consoles needs.

Whoever asks or approves also reads.  What is named nowhere is open to nobody.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Final

from api.console.people import Role
from cleanroom.errors import PolicyRefusal

OPEN: Final = frozenset(
    ("static", "sign_in", "sign_in_now", "sign_in_elsewhere", "sign_in_back", "sign_out")
)
"""What needs no role: the door itself."""

READS: Final = frozenset(
    (
        *("rooms.index", "rooms.show_room", "rooms.sign_room", "rooms.list_datasets"),
        *("rooms.show_dataset", "rooms.show_budget", "rooms.draw_budget"),
        *(
            "amend.show",
            "join.show",
            "delegations.show",
            "serving.show",
            "standing.listing",
            "standing.show",
        ),
        *("data.list_alignments", "data.alignment_state"),
        *("jobs.list_jobs", "jobs.show_job", "jobs.job_state", "jobs.download"),
        *("jobs.list_approvals", "jobs.show_approval"),
        *("models.show_models", "models.download_models", "plan.show_plan", "plan.download_plan"),
        *("audit.list_entries", "audit.show_entry", "audit.download_proof", "audit.show_chain"),
        *("audit.show_checkpoint", "audit.consistency", "audit.report", "audit.list_questions"),
        *("mediator.index", "mediator.show_room", "mediator.list_jobs", "mediator.show_job"),
        *("bundle.index", "bundle.show_room"),
    )
)
ASKS: Final = frozenset(
    (
        *("ask.choose_template", "ask.ask", "ask.ask_now"),
        *("data.choose", "data.act", "data.state", "data.align"),
        # The people themselves, on the receiver's machine.
        *("export.export", "export.download"),
    )
)
APPROVES: Final = frozenset(
    (
        *("jobs.decide", "standing.answer", "delegations.answer", "rooms.sign_room_now"),
        *("amend.answer", "amend.draft", "amend.propose", "join.join_now"),
        *("erase.show", "erase.act", "erase.state"),
        *("propose.choose", "propose.make_draft", "propose.show_draft", "propose.propose"),
        *("propose.state", "propose.form", "propose.write_form"),
    )
)
NEEDED: Final[dict[str, Role]] = {
    **dict.fromkeys(READS, "reads"),
    **dict.fromkeys(ASKS, "asks"),
    **dict.fromkeys(APPROVES, "approves"),
}


def check_role(endpoint: str, roles: Set[Role]) -> None:
    """Raise ``PolicyRefusal`` unless one of the roles opens a page or a form."""
    needed = NEEDED.get(endpoint)
    if needed is None or not (needed in roles or (needed == "reads" and roles)):
        raise PolicyRefusal("Your role does not allow this.", rule=f"role-{needed or 'none'}")
