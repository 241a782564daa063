import hashlib
import secrets
from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from protocols.checkpoint import (
    MAXIMUM_SIGNATURES,
    Checkpoint,
    cosign,
    parse,
    sign,
    verify,
    verify_cosignature,
)
from protocols.errors import InvalidProofError, LocalError
from protocols.signing import SigningKey

ORIGIN = "cleanroom.demo/log"
LOG, WITNESS, STRANGER = (SigningKey.generate(secrets.token_bytes) for _ in range(3))
HEAD = Checkpoint(ORIGIN, 20852163, bytes(range(32)))
NOTE = sign(HEAD, LOG)

# The example of C2SP tlog-cosignature (a checkpoint with a log's and a witness's line).
PUBLISHED = (
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2"
    "q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2"
    "oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)


def test_published_example() -> None:
    checkpoint, lines = parse(PUBLISHED)
    assert checkpoint.origin == "example.com/behind-the-sofa" and checkpoint.size == 20852163
    assert [line.name for line in lines] == [checkpoint.origin, "witness.example.com/w1"]
    assert int.from_bytes(lines[1].blob[:8], "big") == 1679315147
    assert checkpoint.text() + "\n" + "".join(line.encode() for line in lines) == PUBLISHED


def test_note_bytes() -> None:
    text = f"{ORIGIN}\n20852163\n{b64encode(bytes(range(32))).decode()}\n"
    assert NOTE.startswith(text + "\n")
    dash, name, encoded = NOTE[len(text) + 1 :].split(" ")
    data = b64decode(encoded)
    identifier = hashlib.sha256(ORIGIN.encode() + b"\n\x01" + LOG.verifying_key.raw).digest()[:4]
    assert (dash, name, data[:4]) == ("\u2014", ORIGIN, identifier)
    Ed25519PublicKey.from_public_bytes(LOG.verifying_key.raw).verify(data[4:], text.encode())


def test_cosignature_bytes() -> None:
    line = parse(cosign(NOTE, "brand", WITNESS, 1679315147))[1][1]
    key = WITNESS.verifying_key.raw
    assert line.key_id == hashlib.sha256(b"brand\n\x04" + key).digest()[:4]
    assert line.blob[:8] == (1679315147).to_bytes(8, "big")
    signed = "cosignature/v1\ntime 1679315147\n" + HEAD.text()
    Ed25519PublicKey.from_public_bytes(key).verify(line.blob[8:], signed.encode())


def test_sign_cosign_verify() -> None:
    note = cosign(cosign(NOTE, "brand", WITNESS, 5), "platform", STRANGER, 9)
    assert verify(note, ORIGIN, LOG.verifying_key) == HEAD
    assert verify_cosignature(note, "brand", WITNESS.verifying_key) == 5
    assert verify_cosignature(note, "platform", STRANGER.verifying_key) == 9
    assert (
        verify_cosignature(cosign(note, "brand", WITNESS, 7), "brand", WITNESS.verifying_key) == 7
    )


def test_two_faces_of_one_log() -> None:
    other = sign(Checkpoint(ORIGIN, HEAD.size, bytes(32)), LOG)
    heads = [verify(note, ORIGIN, LOG.verifying_key) for note in (NOTE, other)]
    assert heads[0].size == heads[1].size and heads[0].root != heads[1].root


def test_what_does_not_verify() -> None:
    other_head = sign(Checkpoint(ORIGIN, 1, bytes(32)), LOG)
    text, signature = NOTE.split("\n\n")
    for note, origin, key in [
        (NOTE, "other.example/log", LOG),
        (NOTE, ORIGIN, STRANGER),
        (sign(HEAD, STRANGER), ORIGIN, LOG),
        (text + "\n\n" + other_head.split("\n\n")[1], ORIGIN, LOG),
        (NOTE.replace("20852163", "20852164"), ORIGIN, LOG),
        (cosign(NOTE, ORIGIN, LOG, 3).replace(signature, ""), ORIGIN, LOG),  # a cosignature only
        (NOTE + other_head.split("\n\n")[1], ORIGIN, LOG),  # one good line, one bad
    ]:
        with pytest.raises(InvalidProofError):
            verify(note, origin, key.verifying_key)


def test_a_head_of_another_log_under_this_logs_name() -> None:
    text = Checkpoint("other.example/log", 1, bytes(32)).text()
    line = parse(NOTE)[1][0]
    line = type(line)(ORIGIN, line.key_id, LOG.sign_note(text))
    with pytest.raises(InvalidProofError, match="another log"):
        verify(f"{text}\n{line.encode()}", ORIGIN, LOG.verifying_key)


def test_what_is_no_cosignature() -> None:
    good = cosign(NOTE, "brand", WITNESS, 5)
    line = parse(good)[1][1]
    later = type(line)("brand", line.key_id, (6).to_bytes(8, "big") + line.blob[8:])
    short = type(line)("brand", line.key_id, line.blob[:-1])
    huge = type(line)("brand", line.key_id, b"\xff" + line.blob[1:])
    for note, name, key in [
        (NOTE, "brand", WITNESS),
        (good, "platform", WITNESS),
        (good, "brand", STRANGER),
        (good.replace("20852163", "20852164"), "brand", WITNESS),
        (NOTE + later.encode(), "brand", WITNESS),
        (NOTE + short.encode(), "brand", WITNESS),
        (NOTE + huge.encode(), "brand", WITNESS),
        (good + later.encode(), "brand", WITNESS),
    ]:
        with pytest.raises(InvalidProofError):
            verify_cosignature(note, name, key.verifying_key)


ROOT = b64encode(bytes(32)).decode()
LINE = "— name AAAAAAA=\n"


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        f"a\n1\n{ROOT}\n\n",
        f"a\n1\n{ROOT}\n{LINE}",
        f"a\n1\n{ROOT}\n\n{LINE}"[:-1],
        f"a\n1\n{ROOT}\n\n\n{LINE}",
        f"a\n1\n{ROOT}\nextension\n\n{LINE}",
        f"a\n1\n\n{LINE}",
        f"\n1\n{ROOT}\n\n{LINE}",
        f"a b\n1\n{ROOT}\n\n{LINE}",
        f"a+b\n1\n{ROOT}\n\n{LINE}",
        f"a\u00a0b\n1\n{ROOT}\n\n{LINE}",
        f"a\x1b[2J\n1\n{ROOT}\n\n{LINE}",
        f"a\r\n1\n{ROOT}\n\n{LINE}",
        f"a\n01\n{ROOT}\n\n{LINE}",
        f"a\n-1\n{ROOT}\n\n{LINE}",
        f"a\n+1\n{ROOT}\n\n{LINE}",
        f"a\n1_0\n{ROOT}\n\n{LINE}",
        f"a\n\u0661\n{ROOT}\n\n{LINE}",
        f"a\n{1 << 63}\n{ROOT}\n\n{LINE}",
        f"a\n{'9' * 5000}\n{ROOT}\n\n{LINE}",
        f"a\n1\n{ROOT[:-1]}\n\n{LINE}",
        f"a\n1\n{ROOT[:-2]}B=\n\n{LINE}",
        f"a\n1\n{b64encode(bytes(31)).decode()}\n\n{LINE}",
        f"a\n1\n{ROOT}\n\n- name AAAAAAA=\n",
        f"a\n1\n{ROOT}\n\n— AAAAAAA=\n",
        f"a\n1\n{ROOT}\n\n—  AAAAAAA=\n",
        f"a\n1\n{ROOT}\n\n— name AAAAAA==\n",
        f"a\n1\n{ROOT}\n\n— name AAAAAAB=\n",
        f"a\n1\n{ROOT}\n\n— name AAAA AAA=\n",
        f"a\n1\n{ROOT}\n\n{LINE * (MAXIMUM_SIGNATURES + 1)}",
        f"{'a' * 20000}\n1\n{ROOT}\n\n{LINE}",
        f"a\n1\n{ROOT}\n\n— \ud800 AAAAAAA=\n",
    ],
)
def test_notes_that_are_none(note: str) -> None:
    good = f"a\n1\n{ROOT}\n\n{LINE}"
    assert parse(good)[0] == Checkpoint("a", 1, bytes(32))
    with pytest.raises(InvalidProofError):
        parse(note)


def test_our_own_mistakes() -> None:
    for origin, size, root in [("", 1, bytes(32)), ("a b", 1, bytes(32)), ("a\n", 1, bytes(32)),
                               ("a", -1, bytes(32)), ("a", 1 << 63, bytes(32)),
                               ("a", 1, bytes(31))]:  # fmt: skip
        with pytest.raises(LocalError):
            Checkpoint(origin, size, root)
    for name, timestamp in [("", 1), ("a b", 1), ("a", -1), ("a", 1 << 63)]:
        with pytest.raises(LocalError):
            cosign(NOTE, name, WITNESS, timestamp)
    with pytest.raises(LocalError, match="room"):
        cosign(f"a\n1\n{ROOT}\n\n{LINE * MAXIMUM_SIGNATURES}", "a", WITNESS, 1)
