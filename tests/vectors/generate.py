"""Write the vectors of this folder, or with ``--check`` compare them with what is written.

Run as ``python -m tests.vectors.generate``.  Nothing here imports the program: see
``independent``.  Every input is fixed; what is random in a run is ``messages.stream`` here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path

from tests.vectors.independent import curve, job, paillier, parts
from tests.vectors.independent import lattice as ring
from tests.vectors.independent import messages as m
from tests.vectors.independent import ristretto as group
from tests.vectors.independent import transfer as ot

FOLDER = Path(__file__).parent
ROOM, ALIGNMENT = m.stream("room", 16), m.stream("alignment", 16)
DATASET_B, DATASET_P, JOB = (m.stream(name, 16) for name in ("brand", "platform", "job"))
PLACE = ROOM, ALIGNMENT, (DATASET_B, DATASET_P)
NAMES = [b"email:uid2:v1\0ann@example.com", "raw:v1\0张三".encode(), b"raw:v1\0x"]


def alignment_dh() -> dict:
    dst = b"cleanroom-v1-alignment-dh-" + ROOM + ALIGNMENT + b"curve25519_XMD:SHA-512_ELL2_RO_"
    keys = [curve.clamp(m.stream(f"key {position}", 32)) for position in (0, 1)]
    people = []
    for i, name in enumerate(NAMES):
        point = curve.hash_to_curve(name, dst)
        blind = curve.clamp(m.stream(f"blind {i}", 32))
        blinded = curve.x25519(blind, point)
        evaluated = curve.x25519(keys[1], blinded)
        unblinded = curve.x25519(curve.invert(blind), evaluated)
        own = curve.x25519(keys[0], point)
        assert unblinded == curve.x25519(keys[1], point)
        kdf = hashlib.blake2b(digest_size=32, person=b"cleanroom-v1-T")
        kdf.update(ROOM + ALIGNMENT + own + unblinded)
        people.append(
            {
                "message": name,
                "expanded": curve.expand_message_xmd(name, dst, 96),
                "hash": point,
                "blind": blind,
                "inverse": curve.invert(blind),
                "blinded": blinded,
                "evaluated": evaluated,
                "unblinded": unblinded,
                "own": own,
                "T": kdf.digest(),
            }
        )
    return {"room": ROOM, "alignment": ALIGNMENT, "dst": dst, "keys": keys, "people": people}


def alignment_ot() -> dict:
    nonces = [m.stream(f"nonce {position}", 32) for position in (0, 1)]
    salt = b"".join(nonces)
    keys = [hashlib.sha256(ot.prefix(ROOM, ALIGNMENT, "identifier", salt) + x).digest()
            for x in NAMES]  # fmt: skip
    tests = [hashlib.sha256(ot.prefix(ROOM, ALIGNMENT, "test", salt) + bytes([i])).digest()
             for i in range(64)]  # fmt: skip
    functions = [_function(position, keys + tests) for position in (0, 1)]
    head = ot.prefix(ROOM, ALIGNMENT, "secret")
    rows = zip(*(function.pop("all") for function in functions), strict=True)
    secrets = [hashlib.sha256(head + first + second).digest() for first, second in rows]
    confirm = [
        hashlib.sha256(
            ot.prefix(ROOM, ALIGNMENT, f"confirm/{position}") + b"".join(secrets[len(keys) :])
        ).digest()
        for position in (0, 1)
    ]
    return {
        "room": ROOM, "alignment": ALIGNMENT, "nonces": nonces, "messages": NAMES, "keys": keys,
        "last_test_key": tests[-1], "functions": functions, "T": secrets[: len(keys)],
        "test_T": secrets[len(keys) :],
        "confirm": confirm, "base": _base_transfers(),
        "code": {f"{message:016x}": ot.packed(ot.code_word(message))
                 for message in (1, 1 << 63, 0x0123456789ABCDEF)},
        "bins": {str(n): [ot.bins(n), ot.capacity(n), ot.sparse_size(n)]
                 for n in (1, 64, 65, 1000, 10000, 131072, 131073, 1000064, 16777216)},
    }  # fmt: skip


def _function(position: int, keys: list[bytes]) -> dict:
    """Evaluate the function whose key ``position`` holds, as receiver and as sender."""
    roots = [m.stream(f"root {position} {i}", 16) for i in range(ot.LENGTH)]
    masks = [(m.stream(f"mask {position} 0 {i}", 16), m.stream(f"mask {position} 1 {i}", 16))
             for i in range(ot.TRANSFERS)]  # fmt: skip
    choice = int.from_bytes(m.stream(f"choice {position}", 27), "little") % 2**ot.TRANSFERS
    bits = [choice >> i & 1 for i in range(ot.TRANSFERS)]
    key = [ot.missing(bits[4 * i : 4 * i + 4]) for i in range(ot.LENGTH)]
    head = ot.prefix(ROOM, ALIGNMENT, f"trees/{position}")
    trees = [ot.tree(root, head) for root in roots]
    opening = b"".join(
        ot.opening(levels, masks[4 * i : 4 * i + 4]) for i, levels in enumerate(trees)
    )
    seed, sparse = m.stream(f"store {position}", 24), ot.sparse_size(len(keys))
    table = ot.words(m.stream(f"table {position}", 8 * (sparse + 64)))
    store = ot.solve(keys, seed, sparse, table)
    hiding = ot.words(m.stream(f"hiding {position}", 8 * 128))
    filled = store + hiding
    sums, products, sender = [], [], []
    for factor, levels in zip(key, trees, strict=True):
        leaves = levels[-1]
        known = [None if x == factor else leaf for x, leaf in enumerate(leaves)]
        sums.append(ot.combined(leaves, [1] * 16, len(filled)))
        products.append(ot.combined(leaves, list(range(16)), len(filled)))
        sender.append(ot.combined(known, [x ^ factor for x in range(16)], len(filled)))
    u, v, w = ([list(row) for row in zip(*rows, strict=True)] for rows in (sums, products, sender))
    sent = [ot.plus(row, ot.code_word(d)) for row, d in zip(u, filled, strict=True)]
    w = [ot.plus(row, ot.scaled(key, other)) for row, other in zip(w, sent, strict=True)]
    payload = seed + ot.wire(sent)
    members = ot.subsets(ot.prefix(ROOM, ALIGNMENT, f"check/{position}"), payload, len(store))
    of_words = [ot.decode(filled, subset) for subset in members]
    of_rows = [ot.decode_row(v, subset) for subset in members]
    for subset, word, row in zip(members, of_words, of_rows, strict=True):
        assert ot.decode_row(w, subset) == ot.plus(row, ot.scaled(key, ot.code_word(word)))
    payload += b"".join(word.to_bytes(8, "little") for word in of_words)
    payload += b"".join(ot.plane_words(row) for row in of_rows)
    rows = []
    for one in keys:
        where = ot.places(one, seed, sparse)
        value = ot.words(one)[0]
        assert ot.decode(store, where) == value
        row = ot.decode_row(v, where)
        assert row == ot.plus(ot.decode_row(w, where), ot.scaled(key, ot.code_word(value)))
        rows.append(ot.packed(row))
    return {
        "key_of": position, "store_seed": seed, "choice": choice.to_bytes(27, "little"),
        "key": bytes(key), "roots": b"".join(roots),
        "masks": [b"".join(pair[which] for pair in masks) for which in (0, 1)],
        "trees_sha256": hashlib.sha256(opening).digest(),
        "first_leaf": trees[0][-1][0], "last_leaf": trees[-1][-1][-1],
        "store": b"".join(word.to_bytes(8, "little") for word in store),
        "places": [ot.places(one, seed, sparse) for one in keys[:3]],
        "hiding": b"".join(word.to_bytes(8, "little") for word in hiding),
        "correction_sha256": hashlib.sha256(payload).digest(),
        "rows": rows[:3], "all": rows,
    }  # fmt: skip


def _base_transfers() -> dict:
    drawn = m.stream("base", 64)
    c, r = group.scalar(drawn[:32]), group.scalar(drawn[32:])
    point = group.times(c, group.GENERATOR)
    offer = group.encode(point) + group.encode(group.times(r, group.GENERATOR))
    binding, transfers, scalars = ROOM + ALIGNMENT + b"\x01", [], m.stream("choices", 212 * 32)
    for index, bit in ((0, 0), (1, 1), (211, 1)):
        k = group.scalar(scalars[32 * index : 32 * index + 32])
        own = group.times(k, group.GENERATOR)
        pair = [own, group.subtract(point, own)][:: -1 if bit else 1]
        seeds = [group.base_seed(binding, offer, index, group.times(r, p)) for p in pair]
        transfers.append({"index": index, "bit": bit, "choice": group.encode(pair[0]),
                          "seeds": seeds})  # fmt: skip
    return {"binding": binding, "drawn": drawn, "scalars": scalars, "offer": offer,
            "transfers": transfers}  # fmt: skip


def tokens() -> dict:
    secret = m.stream("T", 32)
    nodes = [(0, 0), (0, 2**40), (17, 5), (255, 2**63 - 1)]
    return {
        "T": secret,
        "audience": {
            "alignment": ALIGNMENT,
            "brand": DATASET_B,
            "platform": DATASET_P,
            "token": m.audience_token(secret, ALIGNMENT, DATASET_B, DATASET_P),
        },
        "event": [
            {
                "job": JOB, "purpose": purpose, "level": level, "index": index,
                "token": m.event_token(secret, JOB, purpose, level, index),
            }
            for purpose in ("event", "rounding")
            for level, index in nodes
        ],
        "covers": [
            {"lo": 3, "hi": 29, "nodes": [[0, 3], [2, 1], [3, 1], [3, 2], [2, 6], [0, 28]]},
            {"lo": 0, "hi": 32, "nodes": [[5, 0]]},
            {"lo": 7, "hi": 7, "nodes": []},
        ],
        "ancestors": [{"tick": 28, "depth": 5, "indices": [28, 14, 7, 3, 1, 0]}],
    }  # fmt: skip


def labels() -> dict:
    key = m.stream("label key", 32)
    values = [("age", "18-24"), ("age", "unknown"), ("年龄", "三十以上")]
    own, peer = (curve.clamp(m.stream(f"sealing {side}", 32)) for side in ("own", "peer"))
    return {
        "key": key,
        "upload": JOB,
        "pseudonyms": [
            {"column": column, "value": value, "pseudonym": m.pseudonym(key, column, JOB, value),
             "entry": m.entry(column, value)}
            for column, value in values
        ],
        "pairwise": {"own": own, "peer": m.public(peer), "info": ROOM + JOB,
                     "key": m.pairwise_key(own, m.public(peer), ROOM + JOB)},
    }  # fmt: skip


def packed_rows() -> dict:
    key, roots = job.KEYS["brand"], [job.root("brand", f"vector {i}") for i in range(8)]
    rows = [[1, 1999, -7], [1, -500, 2**60], [0, 0, 0]]
    ciphertexts = [key.encrypt(paillier.pack(row), r) for row, r in zip(rows, roots, strict=False)]
    total = pow(1, 1)
    for ciphertext in ciphertexts:
        total = total * ciphertext % key.square
    fillers = [2**62 + 12345, 2**64 - 1, 0]
    mask = paillier.mask(key.slots, {1: -30, 2: 4}, fillers, 2**100 + 1)
    released = total * key.encrypt(mask, roots[3]) % key.square
    opened = key.decrypt(released)
    blind, owner_fill = roots[4], 2**62 + 54321
    owner_noise = paillier.pack([owner_fill, 9, -1])
    at_owner = key.decrypt(released * key.encrypt(blind, roots[5]) % key.square)
    sealed = (at_owner + owner_noise) % key.n
    numbers, roots_of = key.prove(ROOM, "acme")
    return {
        "p": f"{key.p:x}", "q": f"{key.q:x}", "n": f"{key.n:x}",
        "rows": [
            {"values": row, "plaintext": f"{paillier.pack(row) % key.n:x}", "r": f"{r:x}",
             "ciphertext": key.write(c)}
            for row, r, c in zip(rows, roots, ciphertexts, strict=False)
        ],
        "sum": key.write(total),
        "released": [1, 2], "noise": [-30, 4], "fillers": [f"{f:x}" for f in fillers],
        "top": f"{2**100 + 1:x}", "mask": f"{mask:x}", "r": f"{roots[3]:x}",
        "masked": key.write(released), "plaintext": f"{opened:x}",
        "values": paillier.read(opened, [1, 2]),
        "peer": {
            "R": f"{blind:x}", "r": f"{roots[5]:x}", "encrypted": key.write(
                key.encrypt(blind, roots[5])), "owner_noise": [9, -1],
            "owner_fillers": [f"{owner_fill:x}"],
            "sealed": f"{sealed:x}",
            "values": paillier.read((sealed - blind) % key.n, [1, 2]),
        },
        "proof": {
            "room": ROOM, "owner": "acme", "numbers": [f"{one:x}" for one in numbers],
            "roots": b"".join(one.to_bytes(key.width // 2, "big") for one in roots_of),
        },
    }  # fmt: skip


def lattice_rows() -> dict:
    context, root, seed = ROOM + b"brand", m.stream("lattice root", 32), m.stream("block", 16)
    noise = [m.stream(f"lattice noise {i}", 32) for i in range(2)]
    rows = [[5, -7], [1 - 2**61, 2**61 - 1], [0, 3], [10, -(2**40)], [-6, 1]]
    chosen = [0, 1, 3]
    numbers = [int.from_bytes(m.stream(f"lattice R {i}", 17), "big") >> 2 for i in range(2)]
    secrets, shares = ring.key(root, context, 2)
    block = ring.encrypt(secrets, context, rows, seed, noise[0])
    a, b = ring.mask(context, shares, seed, block, chosen, noise[1], numbers)
    opened = [ring.open_one(secret, a, b[i]) for i, secret in enumerate(secrets)]
    sums = [sum(rows[row][i] for row in chosen) for i in range(2)]
    assert opened == [(x + number) % ring.T for x, number in zip(sums, numbers, strict=True)]
    key, sent = b"".join(map(ring.write, shares)), seed + b"".join(map(ring.write, block))
    out = ring.write(a) + ring.write(b)
    return {
        "context": context, "root": root, "rows": rows,
        "secrets": [secret[:8] for secret in secrets],
        "key": key[:64], "key_digest": hashlib.sha256(key).digest(),
        "seed": seed, "block_noise": noise[0],
        "block": sent[:64], "block_digest": hashlib.sha256(sent).digest(),
        "chosen": chosen, "mask_noise": noise[1], "R": [f"{number:x}" for number in numbers],
        "masked": out[-40:], "masked_digest": hashlib.sha256(out).digest(),
        "opened": [f"{x:x}" for x in opened], "sums": sums,
    }  # fmt: skip


def sealing() -> dict:
    signer, reader = m.stream("signer", 32), m.stream("reader", 32)
    ephemeral = [m.stream(f"ephemeral {i}", 32) for i in range(4)]
    message, info = b"a message", b"cleanroom/job/1/decrypted/" + JOB
    channel, frames = m.Channel(ROOM, ALIGNMENT, 0, 64, 128, 3), []
    for number, frame in enumerate([("blinded", 0, b"\1" * 32), ("blinded", 1, b""),
                                    ("evaluated", 0, b"xyz")]):  # fmt: skip
        info_before, body = channel.info(), m.frame(*frame)
        blob = channel.message(body, m.public(reader), signer, ephemeral[1 + number])
        step, chunk, payload = frame
        frames.append({"step": step, "chunk": chunk, "payload": payload, "frame": body,
                       "info": info_before, "message": blob})  # fmt: skip
    return {
        "signing_seed": signer, "verifying_key": m.verifying_key(signer),
        "sealing_key": reader, "sealing_public": m.public(reader),
        "sealed": {"message": message, "info": info,
                   "blob": m.seal(message, m.public(reader), info, signer, ephemeral[0])},
        "channel": {"room": ROOM, "alignment": ALIGNMENT, "sender": 0, "sender_count": 64,
                    "receiver_count": 128, "attempt": 3, "messages": frames},
    }  # fmt: skip


def statements() -> dict:
    seed = m.stream("statement", 32)
    statement = {
        "room": ROOM.hex(), "party": "acme", "kind": "job.refuse", "sequence": 7,
        "previous": hashlib.sha256(b"the statement before").hexdigest(),
        "body": {"job": JOB.hex(), "rule": "k-min", "reason": "太少 é", "z": [1, 0.25, None, True]},
    }  # fmt: skip
    text = m.canonical(statement)
    return {
        "seed": seed,
        "statement": statement,
        "canonical": text.decode(),
        "signature": m.sign(seed, "cleanroom/statement/v1", text),
        "digest": hashlib.sha256(
            m.canonical({"signature": _base64(m.sign(seed, "cleanroom/statement/v1", text)),
                         "statement": statement})
        ).hexdigest(),
    }  # fmt: skip


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def whole_job() -> dict:
    salt = m.stream("salt", 16)
    uploads = job.uploads()
    return {
        "agreement": job.AGREEMENT, "room": job.ROOM, "manifests": job.MANIFESTS,
        "datasets": job.DATASETS, "alignment_document": job.ALIGNMENT_DOCUMENT,
        "alignment": job.ALIGNMENT, "job": job.JOB, "job_id": m.identity(job.JOB),
        "keys": {side: {"p": f"{key.p:x}", "q": f"{key.q:x}", **job.seeds(side)}
                 for side, key in job.KEYS.items()},
        "people": {
            side: [{"raw": row[0], "normalised": row[1], "value": row[2],
                    "T": job.secret(row[1])} for row in rows]
            for side, rows in (("brand", job.BRAND), ("platform", job.PLATFORM))
        },
        "order": {side: job.order(side) for side in job.KEYS},
        "tokens": {side: job.tokens(side) for side in job.KEYS},
        "rows": uploads,
        "salt": salt,
        "commitments": {side: job.commitment(salt, rows) for side, rows in uploads.items()},
        "pseudonyms": job.age_pseudonyms(),
        "outputs": job.outputs(),
        "noise": {
            "people": [job.PEOPLE_NOISE[age] for age in job.outputs()[:3]],
            "slots": [job.SLOT_NOISE[name] for name in job.outputs()],
            "peer_people": [job.PEER_PEOPLE[name] for name in job.outputs()],
            "owner": job.OWNER_NOISE,
            "owner_fillers": [[f"{one:x}" for one in pair] for pair in job.owner_fills()],
        },
        "blinds": [f"{blind:x}" for blind in job.blinds()],
        "places": job.PLACES, "release": job.release(),
        "decrypted": [f"{number:x}" for number in job.decrypted()],
        "answer": job.answer(),
    }  # fmt: skip


FILES = {
    "alignment_dh": (alignment_dh, "Alignment by X25519: RFC 9380 hash, RFC 7748 ladder, own KDF."),
    "alignment_ot": (alignment_ot, "Alignment by transfer extension: all but the network."),
    "alignment_parts": (lambda: parts.vector(*PLACE), "Parts: who is where, T, tokens."),
    "tokens": (tokens, "Tokens of audience and event rows, dyadic covers and ancestors."),
    "labels": (labels, "Pseudonyms, dictionary entries and the pairwise key."),
    "paillier": (packed_rows, "Packed rows and releases under a toy key of 512 bits."),
    "lattice": (lattice_rows, "A key, a block of rows and a masked sum under ring-LWE."),
    "sealing": (sealing, "Sealed messages and one direction of a channel."),
    "statements": (statements, "A statement: canonical JSON (RFC 8785), signature, digest."),
    "job": (whole_job, "A whole job, two parties of five people, toy keys."),
}
ORIGIN = "Made by tests/vectors/generate.py, an implementation of its own; bytes are hex. "


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def build(name: str) -> str:
    """Return the text of one file."""
    make, what = FILES[name]
    content = {"origin": ORIGIN + what, **make()}
    return json.dumps(_plain(content), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    stale = []
    for name in FILES:
        path, text = FOLDER / f"{name}.json", build(name)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            stale.append(name)
    print(f"differ: {', '.join(stale)}" if stale else "ok")
    return len(stale)


if __name__ == "__main__":
    sys.exit(main())
