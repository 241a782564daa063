"""Who may sign in by an account of their organisation, and what for: the file ``people.toml``.

It names the provider (OpenID Connect) and says by claims of its ID token who holds which role.
Whoever holds none is turned away.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import Field, StringConstraints

from cleanroom.documents.document import Document, Hex128, Text
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.report import shorten

FILE: Final = "people.toml"

Role = Literal["asks", "approves", "reads"]
EVERY_ROLE: Final[frozenset[Role]] = frozenset(get_args(Role))

Rule = Annotated[str, StringConstraints(pattern=r"^[^=\x00-\x1f]{1,100}=[^\x00-\x1f]{1,200}$")]
"""``claim=value``: the claim is that text, or a list that has it."""

Web = Annotated[
    str,
    StringConstraints(
        pattern=r"^(https://[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?"
        r"|http://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?)(/[A-Za-z0-9._~/-]{0,200})?$"
    ),
]
"""An address over TLS, or on this very machine."""

NAME_COLUMNS: Final = 60
NAMED_BY: Final = ("name", "preferred_username", "email", "sub")


@dataclass(frozen=True)
class Person:
    """Somebody who signed in: under which party's key, who it is, and what for.

    ``subject`` is the issuer and its identifier of the person, which no change of name changes.
    """

    fingerprint: str
    name: str
    subject: str
    roles: frozenset[Role]


class People(Document):
    """The provider, and the rules by which its claims give roles, or a place at a mediator.

    ``public`` is the address under which browsers know a party's console, where a proxy stands
    before it.  ``members`` has rules by the fingerprint of an admitted party, for a mediator's.
    """

    issuer: Web
    client_id: Annotated[Text, Field(min_length=1)]
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    public: Annotated[str, StringConstraints(pattern=r"^(https?://[^/?#\s]{1,200})?$")] = ""
    roles: dict[Role, tuple[Rule, ...]] = Field(default_factory=dict)
    members: dict[Hex128, tuple[Rule, ...]] = Field(default_factory=dict)

    def at_party(self, fingerprint: str, claims: Mapping[str, Any]) -> Person:
        """Return who signs in at the party's console; ``PolicyRefusal`` for whoever has no role."""
        roles = frozenset(role for role, rules in self.roles.items() if holds(rules, claims))
        if not roles:
            raise PolicyRefusal("Your account has no role here.", rule="no-role")
        return self._person(fingerprint, claims, roles)

    def at_mediator(self, claims: Mapping[str, Any]) -> Person:
        """Return who signs in at a mediator's console, which shows and changes nothing.

        Raises ``PolicyRefusal`` unless the rules give the person to exactly one party.
        """
        found = [party for party, rules in self.members.items() if holds(rules, claims)]
        if len(found) != 1:
            raise PolicyRefusal(
                "Your account does not belong to exactly one party here.", rule="no-role"
            )
        return self._person(found[0], claims, frozenset[Role](("reads",)))

    def _person(
        self, fingerprint: str, claims: Mapping[str, Any], roles: frozenset[Role]
    ) -> Person:
        texts = (claims.get(claim) for claim in NAMED_BY)
        name = next(text for text in texts if isinstance(text, str) and text.strip())
        subject = f"{self.issuer} {claims['sub']}"
        return Person(fingerprint, shorten(name.strip(), NAME_COLUMNS), subject, roles)


def holds(rules: Iterable[Rule], claims: Mapping[str, Any]) -> bool:
    """Tell whether any rule holds; an e-mail address counts only where the provider checked it."""
    return any(_holds(rule, claims) for rule in rules)


def _holds(rule: Rule, claims: Mapping[str, Any]) -> bool:
    claim, _, wanted = rule.partition("=")
    if claim == "email" and claims.get("email_verified") is not True:
        return False
    found = claims.get(claim)
    # Compared as they are: a number or a truth value is not text that a rule could have meant.
    return wanted in found if isinstance(found, list) else found == wanted


def read_people(folder: Path) -> People | None:
    """Return the rules that lie in a home, None without; raise ``InvalidInput`` for bad ones."""
    file = folder / FILE
    if not file.exists():
        return None
    try:
        found = tomllib.loads(file.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"It is not TOML: {error}.", file=FILE) from None
    people = People.from_json(found)
    if "openid" not in people.scopes:
        raise InvalidInput("scopes must include openid.", file=FILE)
    return people
