"""One method per route of the mediator."""

from __future__ import annotations

import json
from typing import Any

from cleanroom.agent.http import answers
from cleanroom.agent.http.answers import Shape, checked
from cleanroom.agent.http.transport import Transport, read_json
from cleanroom.documents.dataset import Dictionary
from cleanroom.documents.release import ReleaseDocument
from cleanroom.documents.statement import SignedStatement
from cleanroom.errors import PeerFault
from protocols.signing import SigningKey

OCTETS = {"content-type": "application/octet-stream"}
LONG_POLL = 15
"""Seconds that a waiting read asks the mediator to wait for news."""


class Client:
    """Call the mediator as one party."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def signing_as(self, key: SigningKey) -> Client:
        """Return a client on the same connections that signs with another key of the party."""
        return Client(self.transport.signing_as(key))

    def hurried(self) -> Client:
        """Return a client on the same connections that gives up soon on a mediator that is away."""
        return Client(self.transport.hurried())

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()

    def say(
        self, path: str, signed: SignedStatement, attachment: Dictionary | None = None
    ) -> dict[str, Any]:
        """Post a statement; return its place in the log, the checkpoint and the resource."""
        body = {
            "statement": signed.to_json(),
            "attachment": attachment.to_json() if attachment else None,
        }
        headers = {"content-type": "application/json", "idempotency-key": signed.digest()}
        content = json.dumps(body, ensure_ascii=False).encode()
        sent = self.transport.send("POST", path, content, headers)
        return checked(answers.Said, read_json(sent))

    def put(self, path: str, data: bytes, **query: Any) -> None:
        """Send one chunk; the same chunk again is harmless."""
        self.transport.send("PUT", path, data, OCTETS, query)

    def mediator(self) -> dict[str, Any]:
        """Return the mediator's origin and public key, for the agreement."""
        return self._get("/v1/mediator", answers.Mediator)

    def rooms(self) -> list[dict[str, Any]]:
        """List the rooms of this party."""
        return self._list("/v1/rooms", answers.RoomLine)

    def room(self, room: str) -> dict[str, Any]:
        """Return a room with its agreement and the signatures so far."""
        return self._get(f"/v1/rooms/{room}", answers.Room)

    def datasets(self, room: str) -> list[dict[str, Any]]:
        """List the datasets of a room."""
        return self._list("/v1/datasets", answers.Dataset, room=room)

    def dataset(self, dataset: str) -> dict[str, Any]:
        """Return a dataset: manifest, state, chunks that have arrived."""
        return self._get(f"/v1/datasets/{dataset}", answers.Dataset)

    def alignments(self, room: str) -> list[dict[str, Any]]:
        """List the alignments of a room."""
        return self._list("/v1/alignments", answers.Alignment, room=room)

    def alignment(
        self, alignment: str, state: str | None = None, wait: int | None = None
    ) -> dict[str, Any]:
        """Return an alignment: document, state, attempt, declared sizes.

        With ``wait`` as soon as it is in another state or attempt, after so many seconds at most.
        """
        path = f"/v1/alignments/{alignment}"
        return self._get(path, answers.Alignment, state=state, wait=wait)

    def send_message(  # noqa: PLR0917
        self,
        alignment: str,
        attempt: int,
        number: int,
        data: bytes,
        after: int | None = None,
        wait: int | None = None,
    ) -> bytes | None:
        """Hand the relay the next sealed message for the peer.

        With ``after`` return the peer's message of that number, or None if it has not come.
        """
        response = self.transport.send(
            "POST",
            f"/v1/alignments/{alignment}/messages",
            data,
            {**OCTETS, "idempotency-key": f"{alignment}-{attempt}-{number}"},
            {"attempt": attempt, "sequence": number, "after": after, "wait": wait},
        )
        is_message = response.headers.get("content-type") == OCTETS["content-type"]
        return response.content if is_message else None

    def next_message(self, alignment: str, attempt: int, number: int, wait: int) -> bytes | None:
        """Take the peer's message of that number, or None if it has not come yet."""
        response = self.transport.send(
            "GET",
            f"/v1/alignments/{alignment}/messages",
            query={"attempt": attempt, "after": number, "wait": wait},
        )
        return None if response.status_code == 204 else response.content

    def jobs(self, room: str) -> list[dict[str, Any]]:
        """List the jobs of a room."""
        return self._list("/v1/jobs", answers.Job, room=room)

    def jobs_page(
        self, room: str, cursor: str | None, **chosen: str
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Return jobs of a room from a cursor on, and the next cursor, None at the end."""
        return self._page("/v1/jobs", answers.Job, room=room, cursor=cursor, **chosen)

    def job(self, job: str, state: str | None = None, wait: int | None = None) -> dict[str, Any]:
        """Return a job: document, state, public plan, messages that are there.

        With ``wait`` as soon as it is in another state, after so many seconds at most.
        """
        return self._get(f"/v1/jobs/{job}", answers.Job, state=state, wait=wait)

    def standings(self, room: str) -> list[dict[str, Any]]:
        """List the standing questions of a room."""
        return self._list("/v1/standing", answers.Standing, room=room)

    def standing(self, standing: str) -> dict[str, Any]:
        """Return a standing question: document, state, the runs that were asked."""
        return self._get(f"/v1/standing/{standing}", answers.Standing)

    def preview(self, job: dict[str, Any]) -> dict[str, Any]:
        """Ask what a job would cost and show, without spending."""
        answer = self.transport.json("POST", "/v1/jobs/preview", {"job": job})
        return checked(answers.Preview, answer)

    def job_message(self, job: str, kind: str, chunk: int = 0) -> bytes:
        """Return one chunk of a job's message that this party may read."""
        return self.transport.send("GET", f"/v1/jobs/{job}/messages/{kind}/{chunk}").content

    def result_release(self, job: str) -> dict[str, Any]:
        """Return which groups were released (receiver only)."""
        return self._get(f"/v1/jobs/{job}/result", ReleaseDocument, part="release")

    def result_bytes(self, job: str, part: str) -> bytes:
        """Return the released ciphertexts of people or measures."""
        path = f"/v1/jobs/{job}/result"
        return self.transport.send("GET", path, query={"part": part}).content

    def work(self, wait: int = LONG_POLL) -> dict[str, Any]:
        """Return what waits for this party, at once if there is something."""
        return self._get("/v1/work", answers.Work, wait=wait)

    def delegations(self, room: str) -> list[dict[str, Any]]:
        """Return what brands of a room delegated to agencies, what they took back among it."""
        return list(self._get("/v1/delegations", answers.Delegations, room=room)["items"])

    def serving(self, room: str) -> list[dict[str, Any]]:
        """Return where serving stands in a room, grant by grant."""
        return list(self._get("/v1/serving", answers.Servings, room=room)["items"])

    def next_question(self, room: str, grant: int, reply: bytes, wait: float) -> bytes | None:
        """Bring the reply to a question and take the next one, or None if none comes."""
        asked = {"room": room, "grant": grant, "wait": wait}
        response = self.transport.send("POST", "/v1/serving/replies", reply, OCTETS, asked)
        return None if response.status_code == 204 else response.content

    def budget(self, room: str) -> dict[str, Any]:
        """Return the room's privacy budget: granted, spent, left."""
        return self._get("/v1/budgets", answers.Budget, room=room)

    def entries(self, room: str, start: int = 0, limit: int = 500) -> list[dict[str, Any]]:
        """Return entries of the room's log from one index on."""
        asked = {"room": room, "from": start, "limit": limit}
        found = self._get("/v1/audit/entries", answers.Entries, **asked)
        return list(found["entries"])

    def search(
        self, room: str, before: int | None = None, limit: int = 100, **wanted: str
    ) -> dict[str, Any]:
        """Find entries by kind, party, outcome, job and text, the newest first."""
        asked = {name: value for name, value in wanted.items() if value}
        return self._get(
            "/v1/audit/search", answers.Found, room=room, before=before, limit=limit, **asked
        )

    def checkpoint(self, room: str) -> str:
        """Return the newest checkpoint of the room's log, a signed note."""
        response = self.transport.send("GET", "/v1/audit/checkpoint", query={"room": room})
        return response.text

    def consistency(self, room: str, first: int, second: int) -> list[str]:
        """Return the proof that one size of the log extends another, hex hashes."""
        return self._proof("consistency", room=room, first=first, second=second)

    def inclusion(self, room: str, index: int, size: int) -> list[str]:
        """Return the proof that an entry is in the log of that size, hex hashes."""
        return self._proof("inclusion", room=room, index=index, size=size)

    def _proof(self, kind: str, **query: Any) -> list[str]:
        return list(self._get(f"/v1/audit/proofs/{kind}", answers.Proof, **query)["proof"])

    def _get(self, path: str, shape: Shape, **query: Any) -> dict[str, Any]:
        return checked(shape, self.transport.json("GET", path, **query))

    def _list(self, path: str, shape: Shape, **query: Any) -> list[dict[str, Any]]:
        """Read all pages of a list; raise ``PeerFault`` if one does not bring it any further."""
        items: list[dict[str, Any]] = []
        cursors: set[str | None] = set()
        cursor: str | None = None
        while cursor not in cursors:
            cursors.add(cursor)
            more, cursor = self._page(path, shape, cursor=cursor, **query)
            items += more
            if not cursor:
                return items
        raise PeerFault("The mediator's list goes in circles.")

    def _page(
        self, path: str, shape: Shape, **query: Any
    ) -> tuple[list[dict[str, Any]], str | None]:
        page = self._get(path, answers.Page, **query)
        return [checked(shape, item) for item in page["items"]], page.get("next")
