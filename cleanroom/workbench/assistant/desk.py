"""Answer what an assistant asks about a party's rooms, and nothing that it could not be shown.

What comes out follows from agreements, manifests and prices, or is an answer that was paid for and
lies at home.  A price counts nobody of the party's own file, as ``job preview`` does: what an
assistant reads may go to whoever runs it, and by enough conditions each person would be counted.
Names and labels are strangers' texts: all pass ``inert``, as everywhere.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from cleanroom.agent import amendments, asking, jobs, private, rooms
from cleanroom.agent.earlier import kept_result
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client
from cleanroom.agent.job_section import JobSection
from cleanroom.agent.preview import priced
from cleanroom.agent.rooms import Room
from cleanroom.documents.document import invalid_field
from cleanroom.errors import InvalidInput, NotFound
from cleanroom.queries.registry import template, templates
from cleanroom.report import inert, word
from cleanroom.report.sentences import notes, sentence
from cleanroom.workbench.asked import describe

Shown = dict[str, Any]


@dataclass(frozen=True)
class Desk:
    """Hold one party's home and a connection that reads."""

    home: Home
    client: Client

    def rooms(self) -> list[Shown]:
        """List the rooms that name this party: identifier, name, state."""
        return [harmless(one) for one in rooms.listed(self.home, self.client)]

    def room(self, room: str | None) -> Shown:
        """Show what a room allows, who is in it, and what its privacy budget has left."""
        found = self._room(room)
        agreed = found.agreement
        return harmless(
            {
                "id": found.identity,
                "name": agreed.name,
                "rehearsal": agreed.rehearsal,
                "members": {card.name: card.role for card in agreed.members},
                "templates": list(agreed.templates),
                "policy": agreed.policy.to_json(),
                "grants": [grant.to_json() for grant in agreed.grants],
                "budget": self.client.budget(found.identity),
            }
        )

    def datasets(self, room: str | None) -> list[Shown]:
        """List the datasets of a room: whose they are, and what a question may name of them."""
        found = self._room(room)
        return [harmless(_dataset(item)) for item in found.client.datasets(found.identity)]

    def templates(self) -> Shown:
        """Say in a line what each template asks."""
        return {name: word(f"asks.{name}") for name in templates()}

    def template(self, name: str) -> Shown:
        """Explain a template: what it asks, its parameters, who learns what from it."""
        found = template(name)
        return {"template": name, "help": describe(found), "leaks": [x.told() for x in found.leaks]}

    def preview(self, room: str | None, question: Mapping[str, Any]) -> Shown:
        """Say what a question would cost and how noisy it would be; ask nothing, charge nothing."""
        found = self._room(room)
        try:
            section = JobSection.model_validate({"name": "preview", **question})
        except ValidationError as error:
            raise invalid_field("question", error) from None
        return harmless(priced(_unasked(found, section)))

    def questions(self, room: str | None) -> list[Shown]:
        """List what was asked in a room; ``answer`` says whether this party has the answer here."""
        found = self._room(room)
        return [
            harmless(
                {
                    "id": item["id"],
                    "state": item["state"],
                    **{key: item["job"][key] for key in ("name", "template", "receiver")},
                    "answer": kept_result(found, item["id"]) is not None,
                }
            )
            for item in found.client.jobs(found.identity)
        ]

    def answer(self, room: str | None, job: str) -> Shown:
        """Show an answer that this party received, as a sentence, its numbers and their limits."""
        found = self._room(room)
        listed = [one["id"] for one in self.questions(room) if job in (one["id"], one["name"])]
        kept = [kept_result(found, one) for one in listed]
        answers = [one for one in kept if one is not None]
        if len(answers) != 1:
            raise NotFound(
                f"{len(answers)} answers to {inert(job)} are here. Use an identifier from the list."
            )
        document = answers[0]
        told = {"said": sentence(document, "en"), "notes": notes(document, "en")}
        return harmless({**document, **told})

    def _room(self, room: str | None) -> Room:
        return amendments.newest(rooms.pick_room(self.home, self.client, room))


def _dataset(item: Mapping[str, Any]) -> Shown:
    manifest = item["manifest"]
    plain = {name: manifest[name] for name in ("party", "name", "version", "kind", "rows")}
    return {
        "id": item["id"],
        "state": item["state"],
        **plain,
        "identifiers": [manifest["identifier_profile"], *manifest.get("further_profiles", ())],
        "labels": [label["name"] for label in manifest["labels"]],
        "measures": [
            {key: one[key] for key in ("name", "minimum", "maximum")}
            for one in manifest["measures"]
        ],
    }


def _unasked(room: Room, section: JobSection) -> jobs.LocalJob:
    """Plan a question that nobody could submit: what the parties alone may read is left out.

    So nothing is sealed or signed for it, and the mediator cannot tell two conditions apart.
    """
    fields, parameters = asking.fields_of(room, section), section.parameters()
    document, _ = jobs.draft(room, fields, parameters, rehearsal=False, closed=_blank)
    return jobs.plan(room, document)


def _blank(_room: Room, _fields: Mapping[str, Any], _text: bytes) -> dict[str, str]:
    sealed = secrets.token_hex(private.PRIVATE_BYTES[0])
    return {"private": secrets.token_hex(32), "sealed": sealed}


def harmless(document: Mapping[str, Any]) -> Shown:
    """Return a document with every text in it made inert.

    Raises ``InvalidInput`` where two names cannot be told apart any more.
    """
    found = {inert(str(name)): _harmless(one) for name, one in document.items()}
    if len(found) < len(document):
        raise InvalidInput(
            "Two labels of this look the same.", remedy="Read it with cleanroom job result."
        )
    return found


def _harmless(value: Any) -> Any:
    if isinstance(value, Mapping):
        return harmless(value)
    if isinstance(value, list | tuple):
        return list(map(_harmless, value))
    return inert(value) if isinstance(value, str) else value
