"""Prove things about a room's log: ``cleanroom audit prove | check | fork-proof``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cleanroom.cli.bundle import OutOption, opened, write
from cleanroom.cli.common import HomeOption, RoomOption, say, session
from cleanroom.cli.later import bundles, certificate, fork, print_line, proofs
from cleanroom.errors import AuditFailure, InvalidInput

if TYPE_CHECKING:
    from cleanroom.audit.fork import Shown

KEY_DIGITS: Final = 64
"""Hexadecimal digits of a mediator's key; its fingerprint has half of them."""


def prove(
    entry: Annotated[int | None, typer.Argument(help="The entry's number, from 0.")] = None,
    first: Annotated[int | None, typer.Option("--from", help="A size of the log.")] = None,
    second: Annotated[int | None, typer.Option("--to", help="A later size.")] = None,
    bundle: Annotated[Path | None, typer.Option(help="By default the mediator is asked.")] = None,
    room: RoomOption = None,
    path: OutOption = None,
    home: HomeOption = None,
) -> None:
    """Prove that an entry is in the log, or that a later log continues an earlier one.

    Example: cleanroom audit prove 17 --bundle audit.json
    """
    if (entry is None) == (first is None or second is None):
        raise InvalidInput("Name an entry, or two sizes with --from and --to.")
    if bundle is None and entry is not None:
        from cleanroom.agent import logs

        with session(home, room) as found:
            document = logs.ask_entry(found.client, found.first, entry)
    else:
        with opened(bundle, room, home) as (log, _):
            if entry is not None:
                document = proofs.prove_entry(log, entry)
            else:
                document = proofs.prove_growth(log, int(first or 0), int(second or 0))
    write(json.dumps(document, ensure_ascii=False, indent=1), path)


def check(
    file: Annotated[Path, typer.Argument(help="A proof written by prove or fork-proof.")],
    key: Annotated[str | None, typer.Option(help="The mediator's key, in hex.")] = None,
) -> None:
    """Check a proof of an entry, of growth or of a fork; exit code 5 if it proves nothing."""
    if key is not None and len(key) != KEY_DIGITS:
        raise InvalidInput(
            "--key takes the whole key of 64 digits, not a fingerprint: it is mediator_key in"
            " cleanroom room show ROOM --json."
        )
    document = bundles.strict_json(file.read_bytes())
    given = document.get("mediator_key") if isinstance(document, dict) else None
    kind = document.get("format") if isinstance(document, dict) else None
    if kind == bundles.FORMAT:
        raise InvalidInput(
            f"{file} is a bundle, not a proof.", remedy=f"Run: cleanroom audit verify {file}"
        )
    if key is not None and given != key:
        raise AuditFailure("The proof is under another mediator's key.")
    if kind == proofs.INCLUSION:
        head = proofs.check_entry(document)
        print_line(f"Entry {document['index']} is in the log of {head.size} of {head.origin}.")
    elif kind == proofs.CONSISTENCY:
        growth = proofs.check_growth(document)
        print_line(
            f"The log of {growth.second} entries begins with that of {growth.first}: both are"
            f" the beginning of the log of {growth.head.size} entries that the mediator signed"
            f" for {growth.head.origin}."
        )
    elif kind == certificate.FORMAT:
        heads = certificate.check(document)
        print_line(
            f"The mediator of {heads[0].origin} signed that it deleted"
            f" {len(document['datasets'])} dataset versions. {certificate.STAYS}"
        )
    else:
        print_line(fork.check_fork(document))
    if given is not None and key is None:
        say(f"Compare the mediator's key with your agreement: {given}")


def fork_proof(
    first: Annotated[Path, typer.Argument(help="A bundle, or a checkpoint as text.")],
    second: Annotated[Path, typer.Argument(help="Another of the same room.")],
    key: Annotated[
        str | None, typer.Option(help="The mediator's key in hex, where no bundle names it.")
    ] = None,
    path: OutOption = None,
) -> None:
    """Make the evidence that the mediator signed two logs of one room.

    Example: cleanroom audit fork-proof mine.json theirs.json --out fork.json
    """
    sides = [_shown(one) for one in (first, second)]
    keys = {given for _, given in sides if given} | ({key} if key else set())
    if len(keys) > 1:
        raise InvalidInput("These are logs of different mediators, and so of different rooms.")
    if not keys:
        raise InvalidInput("The mediator's key is needed.", remedy="Give --key, or a bundle.")
    document = fork.fork_proof(keys.pop(), sides[0][0], sides[1][0])
    write(json.dumps(document, indent=1), path)
    say(fork.check_fork(document))


def _shown(path: Path) -> tuple[Shown, str | None]:
    text = path.read_bytes()
    if path.suffix in (".json", ".jsonl"):
        bundle = bundles.load(path)
        return fork.Shown.of(bundle), bundle.agreement.mediator_key
    return fork.Shown(text.decode(errors="replace")), None
