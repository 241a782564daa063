"""Give the mediator an audience's rows in an order of its own for every alignment.

The order in which a dataset was uploaded serves one alignment.  Tokens of a second one in that
order would join the two by position, and through them every upload that either side made: so for
each further alignment the rows are shuffled, padded and encrypted anew, and sent with its tokens.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cleanroom.agent import endings, erased
from cleanroom.agent.datasets import LocalDataset, spool_rows
from cleanroom.agent.home import read_json, write_json
from cleanroom.agent.uploads import (
    ORDERED,
    Progress,
    blocks,
    read_spool,
    send_blocks,
    send_rows,
)
from cleanroom.files import held
from cleanroom.scratch import Buckets
from protocols.limits import TOKEN_BYTES
from protocols.tokens import audience_tokens, random_tokens, shuffled_tokens

if TYPE_CHECKING:
    from cleanroom.agent.alignments import LocalAlignment

Bytes = npt.NDArray[np.uint8]

ORDER_OF = "aligned.json"
"""Says in a dataset's folder which alignment the uploaded order belongs to."""


def order(alignment: LocalAlignment, dataset: LocalDataset) -> npt.NDArray[np.int64]:
    """Return the table row at each place of an alignment; numbers past the table are padding."""
    return dataset.room.home.vault.read_arrays(_order_file(alignment, dataset))["order"]


def _order_file(alignment: LocalAlignment, dataset: LocalDataset) -> Path:
    file = _file(alignment, dataset, "order")
    return file if file.exists() else dataset.folder / "order"


def send_rows_of(
    alignment: LocalAlignment,
    dataset: LocalDataset,
    executor: Executor | None,
    progress: Progress,
) -> dict[str, Any] | None:
    """Shuffle and encrypt a dataset anew for an alignment and send it; return its commitment.

    Nothing is done, and None returned, for the alignment that has the uploaded order.  What was
    made stays until it is acknowledged: after a crash the very same rows are sent.
    """
    if _has_uploaded_order(alignment, dataset):
        return None
    spool, spooled = (_file(alignment, dataset, name) for name in ("rows", "spooled"))
    with erased.steady(dataset.room.home):
        endings.check(dataset.room.home, dataset.room.identity, (dataset.manifest.identity(),))
        if not spooled.exists():
            order_file = _file(alignment, dataset, "order")
            spool_rows(dataset, dataset.columns(), order_file, spool, executor, progress)
            write_json(spooled, {"rows": dataset.manifest.rows})
    width = dataset.row_width
    if not width:
        return None
    path = f"/v1/alignments/{alignment.identity}/rows/{dataset.manifest.identity()}"
    rows = read_spool(spool, dataset.manifest.rows, width)
    return send_rows(alignment.room.client, path, rows, progress=progress, name="rows").to_json()


def forget_spool(alignment: LocalAlignment, dataset: LocalDataset) -> None:
    """Delete what was sent and acknowledged: another attempt takes another order."""
    for name in ("spooled", "rows"):
        _file(alignment, dataset, name).unlink(missing_ok=True)


def send_tokens(
    alignment: LocalAlignment, pair: str, dataset: LocalDataset, progress: Progress
) -> dict[str, Any]:
    """Send the tokens of one pair of datasets in the alignment's order of the rows.

    A person of an audience has one row; the rest is padding.
    """
    scope = [bytes.fromhex(one) for one in (alignment.identity, *pair.split("/"))]
    several = dataset.identifiers()
    width = TOKEN_BYTES * (1 if several is None else several.shape[1])
    if several is None:
        tokens = _tokens(alignment, dataset, scope)
    else:
        tokens = iter([_tokens_of_several(alignment, dataset, scope, several)])
    path = f"/v1/alignments/{alignment.identity}/tokens/{pair}"
    shape = dataset.manifest.rows, width
    sent = send_blocks(alignment.room.client, path, shape, tokens, progress=progress, name="tokens")
    return sent.to_json()


def _tokens_of_several(
    alignment: LocalAlignment,
    dataset: LocalDataset,
    scope: Sequence[bytes],
    several: npt.NDArray[np.int64],
) -> Bytes:
    """Return a row's tokens, one for each kind of identifier, row after row."""
    places = order(alignment, dataset)
    known = alignment.secrets_of(dataset.manifest.identity())
    has = np.full((len(places), several.shape[1]), -1, dtype=np.int64)
    is_real = places < len(several)
    has[is_real] = several[places[is_real]]
    made = shuffled_tokens(audience_tokens(known, *scope), has, secrets.token_bytes)
    return made.reshape(len(places), -1)


def _tokens(
    alignment: LocalAlignment, dataset: LocalDataset, scope: Sequence[bytes]
) -> Iterator[Bytes]:
    """Yield the token of every row, in blocks.

    Where rows are many, people and rows are brought together by sorting twice: T is read in the
    order of the people and sent in that of the rows, and of neither more than a stretch is held.
    """
    vault, identity = dataset.room.home.vault, dataset.manifest.identity()
    with (
        vault.opened_arrays(alignment.secrets_file(identity)) as kept,
        vault.opened_arrays(_order_file(alignment, dataset)) as stored,
    ):
        known, places, at_once = kept["secrets"], stored["order"], ORDERED
        rows = len(places)
        if rows <= at_once:
            yield _made(known[:], places[:], 0, scope)
            return
        stretches = -(-rows // at_once)
        by_person = Buckets(stretches, 16, alignment.folder)
        by_row = Buckets(stretches, 8 + TOKEN_BYTES, alignment.folder)
        try:
            for block in blocks(rows):
                both = np.stack([places[block], np.arange(block.start, block.stop)], axis=1)
                by_person.add(_stretch(both[:, 0], at_once), both.view(np.uint8))
            for number, found in enumerate(by_person):
                both = found.view(np.int64)
                first = number * at_once
                made = _made(known[first : first + at_once], both[:, 0], first, scope)
                placed = np.hstack([found[:, 8:], made])
                by_row.add(_stretch(both[:, 1], at_once), placed)
            for number, found in enumerate(by_row):
                place = found[:, :8].copy().view(np.int64).reshape(-1) - number * at_once
                tokens = np.empty((len(found), TOKEN_BYTES), dtype=np.uint8)
                tokens[place] = found[:, 8:]
                yield tokens
        finally:
            by_person.close()
            by_row.close()


def _stretch(numbers: npt.NDArray[np.int64], at_once: int) -> npt.NDArray[np.uint16]:
    return (numbers // at_once).astype(np.uint16)


def _made(known: Bytes, people: npt.NDArray[np.int64], first: int, scope: Sequence[bytes]) -> Bytes:
    """Return the tokens of people, random ones for padding; ``known`` is T from ``first`` on."""
    tokens = np.empty((len(people), TOKEN_BYTES), dtype=np.uint8)
    for block in blocks(len(people)):
        part, wanted = tokens[block], people[block] - first
        is_real = wanted < len(known)
        part[is_real] = audience_tokens(known, *scope, people=wanted[is_real])
        padding = int(np.count_nonzero(~is_real))
        part[~is_real] = random_tokens(padding, secrets.token_bytes)
    return tokens


def _has_uploaded_order(alignment: LocalAlignment, dataset: LocalDataset) -> bool:
    """Tell whether an alignment is the one that the uploaded order serves, and let it be so.

    What is written decides, before anything is sent: two processes of a home do not both take it,
    and a mediator has no say.  Homes of earlier versions wrote nothing; there T of another
    alignment says that the order was shown.
    """
    with held(dataset.folder / "lock"):
        file = dataset.folder / ORDER_OF
        if not file.exists():
            secrets_of = f"secrets-{dataset.manifest.identity()}"
            folders = alignment.folder.parent.glob(f"*/{secrets_of}")
            others = {found.parent.name for found in folders} - {alignment.identity}
            write_json(file, {"alignment": None if others else alignment.identity})
        return bool(read_json(file, _Order).alignment == alignment.identity)


@dataclass(frozen=True)
class _Order:
    alignment: str | None


def _file(alignment: LocalAlignment, dataset: LocalDataset, name: str) -> Path:
    return alignment.folder / f"{name}-{dataset.manifest.identity()}"
