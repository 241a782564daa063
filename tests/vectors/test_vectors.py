"""The program agrees with the vectors, and the vectors with the generator that made them."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from secrets import token_bytes

import numpy as np
import pytest
from phe.paillier import EncryptedNumber

from cleanroom.documents.statement import SignedStatement, Statement, sign_statement
from protocols import curve25519, dyadic, labels, lattice, okvs, paillier, tokens
from protocols.alignment import Context, Frame, dh
from protocols.alignment.dh import DhParticipant
from protocols.alignment.ot import (
    ObliviousTransferParticipant,
    base_ot,
    bins,
    code,
    packing,
    roles,
    trees,
)
from protocols.alignment.ot.extension import Decoder, Leaves, row_buffer
from protocols.errors import InvalidMessageError
from protocols.paillier.packing import mask_for_peer
from protocols.paillier.roots import challenges
from protocols.sealing import (
    Channel,
    SealingKey,
    SealingPublicKey,
    encode_frame,
    open_sealed,
    pairwise_key,
    seal,
)
from protocols.secret import Secret
from protocols.signing import SigningKey, VerifyingKey
from protocols.strings import PackedStrings
from tests.protocols.alignment_contract import relay
from tests.vectors import generate
from tests.vectors.independent import messages

FOLDER = Path(__file__).parent


def load(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def raw(text: str) -> bytes:
    return bytes.fromhex(text)


def number(text: str) -> int:
    return int(text, 16)


class Draws:
    """Give prescribed answers to ``random``: integers as ``random_below`` reads them."""

    def __init__(self, *pairs: tuple[int, int]) -> None:
        self._pairs = list(pairs)

    def __call__(self, size: int) -> bytes:
        value, bound = self._pairs.pop(0)
        length = (bound - 1).bit_length()
        assert size == (length + 7) // 8
        return (value << (8 * size - length)).to_bytes(size, "big")


@pytest.mark.parametrize("name", generate.FILES)
def test_the_generator_still_writes_these_very_files(name):
    assert generate.build(name) == (FOLDER / f"{name}.json").read_text(encoding="utf-8")


def test_the_generator_shares_no_code_with_the_program():
    for path in [FOLDER / "generate.py", *(FOLDER / "independent").glob("*.py")]:
        imports = [
            line for line in path.read_text().splitlines() if line.startswith(("import", "from"))
        ]
        assert not [line for line in imports if "protocols" in line or "cleanroom" in line]


def test_every_step_of_the_dh_alignment():
    vector = load("alignment_dh")
    context = Context(raw(vector["room"]), raw(vector["alignment"]), 0, 64, 64)
    keys, dst = [raw(key) for key in vector["keys"]], raw(vector["dst"])
    assert dh._domain(context) == dst
    for person in vector["people"]:
        message, blind = raw(person["message"]), raw(person["blind"])
        point = raw(person["hash"])
        assert curve25519.expand_message_xmd(message, dst, 96) == raw(person["expanded"])
        assert curve25519.hash_to_curve(message, dst) == point
        packed = PackedStrings.pack([message])
        assert dh.blind_batch(dst, keys[0], packed, blind) == (
            raw(person["blinded"]),
            raw(person["own"]),
        )
        assert dh.evaluate_batch(keys[1], raw(person["blinded"])) == (raw(person["evaluated"]),)
        assert curve25519.invert_scalar(blind) == raw(person["inverse"])
        assert dh.unblind_batch(blind, raw(person["evaluated"])) == (raw(person["unblinded"]),)


def test_two_participants_with_the_keys_of_the_vector_derive_its_secrets():
    import secrets

    vector = load("alignment_dh")
    sides = []
    for position, key in enumerate(vector["keys"]):
        draws = [raw(key)]

        def random(size: int, draws: list[bytes] = draws) -> bytes:
            return draws.pop() if draws else secrets.token_bytes(size)

        where = raw(vector["room"]), raw(vector["alignment"])
        names = PackedStrings.pack([raw(person["message"]) for person in vector["people"]])
        sides.append(DhParticipant(Context(*where, position, 64, 64), names, random))
    relay(tuple(sides))
    for side in sides:
        assert [row.tobytes().hex() for row in side.secrets()] == [
            person["T"] for person in vector["people"]
        ]


def ot_participant(vector: dict, position: int) -> ObliviousTransferParticipant:
    import secrets

    where = raw(vector["room"]), raw(vector["alignment"])
    names = PackedStrings.pack([raw(message) for message in vector["messages"]])
    context = Context(*where, position, len(names), len(names))
    return ObliviousTransferParticipant(context, names, secrets.token_bytes)


def test_the_digests_and_the_code_of_the_ot_alignment():
    vector = load("alignment_ot")
    side = ot_participant(vector, 0)
    side._salt = b"".join(raw(nonce) for nonce in vector["nonces"])
    keys = side._hash_identifiers(PackedStrings.pack([raw(m) for m in vector["messages"]]))
    assert [row.tobytes().hex() for row in keys.view(np.uint8)[:3]] == vector["keys"]
    assert keys.view(np.uint8)[3 + 63].tobytes().hex() == vector["last_test_key"]
    for message, word in vector["code"].items():
        total = np.zeros(53, dtype=np.int64)
        for bit, base in enumerate(code.basis()):
            total ^= np.array(base) * (number(message) >> bit & 1)
        assert on_the_wire(code.to_words(total.tolist())).hex() == word
    for count, (number_of_bins, capacity, sparse) in vector["bins"].items():
        assert 1 << bins.bin_bits(int(count)) == number_of_bins
        assert bins.capacity(int(count)) == capacity
        assert roles.store_rows(int(count)) == sparse + 64


def on_the_wire(row: np.ndarray) -> bytes:
    return b"".join(int(word).to_bytes(8, "little") for word in packing.pack(*row, 53))[:27]


@pytest.mark.parametrize("position", [0, 1])
def test_both_evaluations_of_the_function_of_the_ot_alignment(position, monkeypatch):
    vector = load("alignment_ot")
    function = vector["functions"][position]
    keys = np.frombuffer(raw("".join(vector["keys"])), dtype="<u8").reshape(-1, 4).copy()
    store = np.frombuffer(raw(function["store"]), dtype="<u8").astype(np.uint64)
    seed = okvs.seed_words(raw(function["store_seed"]))
    for row, places in enumerate(function["places"]):
        a, b, c, dense = okvs.place(keys, row, seed, len(store) - 64)
        far = [len(store) - 64 + i for i in range(64) if int(dense) >> i & 1]
        assert [int(a), int(b), int(c), *far] == places
    seeds = [
        [raw(which)[at : at + 16] for at in range(0, 16 * 212, 16)] for which in function["masks"]
    ]
    roots = [raw(function["roots"])[at : at + 16] for at in range(0, 16 * 53, 16)]
    prefix = ot_participant(vector, position)._prefix(f"trees/{position}")
    leaves, opening = trees.grow(roots, (seeds[0], seeds[1]), prefix)
    assert hashlib.sha256(opening).hexdigest() == function["trees_sha256"]
    assert leaves[0][0].hex() == function["first_leaf"]
    assert leaves[-1][-1].hex() == function["last_leaf"]
    choice = int.from_bytes(raw(function["choice"]), "little")
    factors = trees.missing(choice)
    assert bytes(factors).hex() == function["key"]
    chosen = [seeds[choice >> i & 1][i] for i in range(212)]
    known = trees.open_all_but_one(choice, chosen, opening, prefix)

    def rows_of(decoder: Decoder) -> list[str]:
        found = np.empty_like(keys)
        decoder.rows(keys, found)
        return [on_the_wire(row).hex() for row in found]

    count, table = len(store), store
    words = np.concatenate([store, np.frombuffer(raw(function["hiding"]), dtype="<u8")])
    products, sums = row_buffer(len(words)), row_buffer(len(words))
    Leaves(leaves).rows(products, sums)
    assert rows_of(Decoder(products[:count], seed, None)) == function["rows"]
    check = ot_participant(vector, position)._prefix(f"check/{position}")

    def encoded(full: np.ndarray, *_: object) -> tuple[bytes, np.ndarray]:
        return raw(function["store_seed"]), table.copy()

    monkeypatch.setattr(okvs, "encode", encoded)
    total = len(vector["keys"]) + 64
    receiver = roles.FunctionReceiver(
        leaves, total, check, lambda size: raw(function["hiding"])[:size]
    )
    # Of a full bin nothing is drawn but the words that hide the sums.
    filler = np.zeros((total, 4), dtype=np.uint64)
    payload = receiver.send(filler, np.empty_like(filler))
    assert hashlib.sha256(payload).hexdigest() == function["correction_sha256"]
    sender = roles.FunctionSender(known, factors, total, check)
    assert rows_of(sender.take(payload)) == function["rows"]


def test_the_base_transfers_of_the_ot_alignment():
    base = load("alignment_ot")["base"]
    sender = base_ot.SeedSender(raw(base["binding"]), lambda _size: raw(base["drawn"]))
    assert sender.offer.hex() == base["offer"]
    for transfer in base["transfers"]:
        index, bits = transfer["index"], transfer["bit"] << transfer["index"]

        def random(size: int, bits: int = bits) -> bytes:
            return bits.to_bytes(27, "little") if size == 27 else raw(base["scalars"])

        receiver = base_ot.SeedReceiver(raw(base["binding"]), sender.offer, random)
        assert receiver.choices[32 * index : 32 * index + 32].hex() == transfer["choice"]
        assert receiver.seeds[index].hex() == transfer["seeds"][transfer["bit"]]
        pair = [which[index].hex() for which in sender.seeds(receiver.choices)]
        assert pair == transfer["seeds"]


def test_the_secrets_and_confirmations_of_the_ot_alignment():
    vector = load("alignment_ot")
    for position in (0, 1):
        side = ot_participant(vector, position)
        pairs = zip(*(function["rows"] for function in vector["functions"]), strict=True)
        head = side._prefix("secret")
        made = [hashlib.sha256(head + raw(a) + raw(b)).hexdigest() for a, b in pairs]
        assert made == vector["T"]
        secrets = raw("".join([*vector["T"], *vector["test_T"]]))
        side._secrets = np.frombuffer(secrets, dtype=np.uint8).reshape(-1, 32)
        for sender, digest in enumerate(vector["confirm"]):
            assert side._confirmation_of(sender).hex() == digest


def test_tokens_and_dyadic_nodes():
    vector = load("tokens")
    secret = np.frombuffer(raw(vector["T"]), dtype=np.uint8).reshape(1, 32)
    audience = vector["audience"]
    scope = (raw(audience[name]) for name in ("alignment", "brand", "platform"))
    assert tokens.audience_tokens(secret, *scope).tobytes().hex() == audience["token"]
    for event in vector["event"]:
        level, index = np.array([event["level"]]), np.array([event["index"]])
        made = tokens.event_tokens(secret, raw(event["job"]), event["purpose"], level, index)
        assert made.tobytes().hex() == event["token"]
    for cover in vector["covers"]:
        assert dyadic.cover(cover["lo"], cover["hi"]) == [tuple(node) for node in cover["nodes"]]
    for chain in vector["ancestors"]:
        found = dyadic.ancestors(np.array([chain["tick"]]), chain["depth"])
        assert found.tolist() == [chain["indices"]]


def test_labels():
    vector = load("labels")
    for one in vector["pseudonyms"]:
        column, value = one["column"], one["value"]
        key, upload = raw(vector["key"]), raw(vector["upload"])
        assert labels.pseudonym(key, column, upload, value).hex() == one["pseudonym"]
        assert labels.dictionary_entry(column, value).hex() == one["entry"]
        assert labels.parse_entry(raw(one["entry"])) == (column, value)
    pair = vector["pairwise"]
    own, peer = SealingKey(raw(pair["own"])), SealingPublicKey(raw(pair["peer"]))
    assert pairwise_key(own, peer, raw(pair["info"])).hex() == pair["key"]


def test_packed_rows_and_their_release():
    vector = load("paillier")
    private = paillier.PrivateKey(number(vector["p"]), number(vector["q"]))
    key, n = private.public, number(vector["n"])
    assert key.n == n
    rows = []
    for row in vector["rows"]:
        assert paillier.pack(row["values"]) % n == number(row["plaintext"])
        draws = Draws((number(row["r"]), n))
        rows.append(key.encrypt(paillier.pack(row["values"]), draws))
        assert key.ciphertext_to_bytes(rows[-1]).hex() == row["ciphertext"]
    total = key.add_many(rows)
    assert key.ciphertext_to_bytes(total).hex() == vector["sum"]
    fillers = [number(filler) for filler in vector["fillers"]]
    unreleased = (fillers[0] - 2**62, 2**128 - 2**63)
    draws = [(number(vector["top"]), n >> 384), unreleased, *((f, 2**64) for f in fillers[1:])]
    released, noise = vector["released"], vector["noise"]
    assert paillier.release_mask(key, released, noise, Draws(*draws)) == number(vector["mask"])
    random = Draws(*draws, (number(vector["r"]), n))
    masked = paillier.release(key, total, released, noise, random)
    assert key.ciphertext_to_bytes(masked).hex() == vector["masked"]
    assert private.decrypt(masked) == number(vector["plaintext"])
    assert paillier.unpack_released(private.decrypt(masked), released) == vector["values"]


def test_rows_under_ring_lwe_and_their_masked_sum():
    vector = load("lattice")
    context, rows, chosen = raw(vector["context"]), vector["rows"], vector["chosen"]
    key = lattice.SecretKey(Secret(raw(vector["root"])), context, 2)
    public = key.public.to_bytes()
    assert public.startswith(raw(vector["key"]))
    assert hashlib.sha256(public).hexdigest() == vector["key_digest"]
    draws = [raw(vector["block_noise"]), raw(vector["seed"])]
    (blocks,) = lattice.encrypt(key, np.array(rows), lambda size: draws.pop(0)[:size])
    block = blocks.to_rows().tobytes()
    assert block.startswith(raw(vector["block"]))
    assert hashlib.sha256(block).hexdigest() == vector["block_digest"]
    groups = [0 if row in chosen else -1 for row in range(len(rows))]
    sums = lattice.sum_groups(context, blocks, groups, 1)
    draws = [raw(vector["mask_noise"])]
    draws += [(number(one) << 1).to_bytes(17, "big") for one in vector["R"]]
    masked, masks = lattice.mask_sums(key.public, sums, lambda size: draws.pop(0)[:size])
    assert hashlib.sha256(masked.to_rows().tobytes()).hexdigest() == vector["masked_digest"]
    assert masked.to_rows().tobytes().endswith(raw(vector["masked"]))
    opened = lattice.open_masked(key, masked)
    assert opened == [[number(one) for one in vector["opened"]]]
    assert lattice.unmask(opened, masks) == [vector["sums"]]


def test_the_proof_of_roots():
    vector = load("paillier")
    proof = vector["proof"]
    private = paillier.PrivateKey(number(vector["p"]), number(vector["q"]))
    bound = paillier.context(raw(proof["room"]), proof["owner"])
    assert challenges(private.public.n, bound) == [number(one) for one in proof["numbers"]]
    assert private.prove(bound).hex() == proof["roots"]
    paillier.check_roots(private.public.n, bound, raw(proof["roots"]))


def test_the_peers_mask_and_the_owners_noise():
    vector = load("paillier")
    peer = vector["peer"]
    private = paillier.PrivateKey(number(vector["p"]), number(vector["q"]))
    key, released = private.public, vector["released"]
    draws = Draws((number(peer["R"]), key.n), (number(peer["r"]), key.n))
    blind, encrypted = mask_for_peer(key, draws)
    assert key.ciphertext_to_bytes(encrypted).hex() == peer["encrypted"]
    at_owner = private.decrypt(key.add(number(vector["masked"]), encrypted))
    fills = Draws(*((number(one) - 2**62, 2**127 - 2**63) for one in peer["owner_fillers"]))
    sealed = paillier.add_noise(key, at_owner, released, peer["owner_noise"], fills)
    assert sealed == number(peer["sealed"])
    opened = paillier.unmask(key, sealed, blind)
    assert paillier.unpack_released(opened, released) == peer["values"]


def test_phe_reads_the_vector_and_its_numbers_open_here():
    vector = load("paillier")
    private = paillier.PrivateKey(number(vector["p"]), number(vector["q"]))
    theirs = private.to_phe()
    for row in vector["rows"]:
        assert theirs.raw_decrypt(number(row["ciphertext"])) == number(row["plaintext"])
        made = theirs.public_key.raw_encrypt(number(row["plaintext"]), number(row["r"]))
        assert made == number(row["ciphertext"])
    ours = private.public.encrypt(-5, token_bytes)
    assert theirs.decrypt(EncryptedNumber(theirs.public_key, ours)) == -5
    assert private.decrypt(theirs.public_key.encrypt(77).ciphertext()) == 77


def test_sealed_messages_open_both_ways():
    vector = load("sealing")
    sealed, own = vector["sealed"], SealingKey(raw(vector["sealing_key"]))
    sender, info = VerifyingKey(raw(vector["verifying_key"])), raw(sealed["info"])
    assert open_sealed(raw(sealed["blob"]), own, info, sender).hex() == sealed["message"]
    signer = SigningKey(raw(vector["signing_seed"]))
    ours = seal(b"ours", own.public_key, info, signer)
    assert messages.open_sealed(ours, own.expose(), info, sender.raw) == b"ours"


def channels(vector: dict) -> tuple[Channel, Channel]:
    shape = vector["channel"]
    room, alignment = (raw(shape[name]) for name in ("room", "alignment"))
    counts, attempt = (64, 128), shape["attempt"]
    keys = SigningKey(raw(vector["signing_seed"])), SealingKey(raw(vector["sealing_key"]))
    publics = keys[0].verifying_key, keys[1].public_key
    here = (
        Context(room, alignment, 0, *counts, attempt),
        Context(room, alignment, 1, *counts[::-1], attempt),
    )
    return tuple(Channel(context, *keys, *publics) for context in here)  # one pair for both


def test_a_channel_opens_the_messages_of_the_vector_in_order():
    vector = load("sealing")
    _, reader = channels(vector)
    sent = vector["channel"]["messages"]
    with pytest.raises(InvalidMessageError):
        reader.open(raw(sent[1]["message"]))
    for one in sent:
        frame = Frame(one["step"], one["chunk"], raw(one["payload"]))
        assert encode_frame(frame).hex() == one["frame"]
        assert reader.open(raw(one["message"])) == frame


def test_a_second_implementation_opens_what_a_channel_sends():
    vector = load("sealing")
    writer, _ = channels(vector)
    own, sender = raw(vector["sealing_key"]), raw(vector["verifying_key"])
    for one in vector["channel"]["messages"]:
        blob = writer.seal(Frame(one["step"], one["chunk"], raw(one["payload"])))
        info = raw(one["info"])
        assert blob[:41] == info[:41]
        assert messages.open_sealed(blob[41:], own, info, sender).hex() == one["frame"]


def test_statements_are_canonical_signed_and_digested():
    vector = load("statements")
    statement = Statement.from_json(vector["statement"])
    assert statement.canonical().decode() == vector["canonical"]
    signed = sign_statement(statement, SigningKey(raw(vector["seed"])))
    signed.verify(VerifyingKey(SigningKey(raw(vector["seed"])).verifying_key.raw))
    text = signed.to_json()
    assert base64.b64decode(text["signature"]).hex() == vector["signature"]
    assert signed.digest() == vector["digest"]
    assert SignedStatement.from_json(text) == signed
