"""Give the mediator an audience's rows in an order of its own for every alignment.

The order in which a dataset was uploaded serves one alignment.  Tokens of a second one in that
order would join the two by position, and through them every upload that either side made: so for
each further alignment the rows are shuffled, padded and encrypted anew, and sent with its tokens.
"""

from __future__ import annotations

import secrets
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cleanroom.agent import endings, erased
from cleanroom.agent.datasets import LocalDataset, spool_rows
from cleanroom.agent.home import read_json, write_json
from cleanroom.agent.uploads import Progress, blocks, read_spool, send_rows
from cleanroom.files import held
from protocols.limits import TOKEN_BYTES
from protocols.tokens import audience_tokens, random_tokens, shuffled_tokens

if TYPE_CHECKING:
    from cleanroom.agent.alignments import LocalAlignment

ORDER_OF = "aligned.json"
"""Says in a dataset's folder which alignment the uploaded order belongs to."""


def order(alignment: LocalAlignment, dataset: LocalDataset) -> npt.NDArray[np.int64]:
    """Return the table row at each place of an alignment; numbers past the table are padding."""
    file = _file(alignment, dataset, "order")
    if file.exists():
        return dataset.room.home.vault.read_arrays(file)["order"]
    return dataset.order()


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
    alignment: LocalAlignment,
    pair: str,
    dataset: LocalDataset,
    known: npt.NDArray[np.uint8],
    progress: Progress,
) -> dict[str, Any]:
    """Send the tokens of one pair of datasets in the alignment's order of the rows.

    ``known`` is T per identifier.  A person of an audience has one row; the rest is padding.
    """
    scope = [bytes.fromhex(one) for one in (alignment.identity, *pair.split("/"))]
    places, several = order(alignment, dataset), dataset.identifiers()
    if several is None:
        tokens = np.empty((len(places), TOKEN_BYTES), dtype=np.uint8)
        for block in blocks(len(places)):
            part, is_real = tokens[block], places[block] < len(known)
            part[is_real] = audience_tokens(known, *scope, people=places[block][is_real])
            padding = int(np.count_nonzero(~is_real))
            part[~is_real] = random_tokens(padding, secrets.token_bytes)
    else:
        has = np.full((len(places), several.shape[1]), -1, dtype=np.int64)
        is_real = places < len(several)
        has[is_real] = several[places[is_real]]
        made = shuffled_tokens(audience_tokens(known, *scope), has, secrets.token_bytes)
        tokens = made.reshape(len(places), -1)
    path = f"/v1/alignments/{alignment.identity}/tokens/{pair}"
    client = alignment.room.client
    return send_rows(client, path, tokens, progress=progress, name="tokens").to_json()


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
        return bool(read_json(file)["alignment"] == alignment.identity)


def _file(alignment: LocalAlignment, dataset: LocalDataset, name: str) -> Path:
    return alignment.folder / f"{name}-{dataset.manifest.identity()}"
