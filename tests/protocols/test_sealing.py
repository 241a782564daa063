import hashlib
import pickle
import secrets
from collections.abc import Callable, Iterator

import pytest
from Crypto.Protocol import DH, HPKE
from hypothesis import given
from hypothesis import strategies as st

from protocols.alignment import Context, Frame
from protocols.errors import InvalidKeyError, InvalidMessageError, LocalError
from protocols.sealing import (
    OVERHEAD_BYTES,
    Channel,
    ChannelHeader,
    SealingKey,
    SealingPublicKey,
    decode_frame,
    encode_frame,
    open_sealed,
    pairwise_key,
    seal,
)
from protocols.signing import SigningKey

SIGNER = SigningKey.generate(secrets.token_bytes)
READER = SealingKey.generate(secrets.token_bytes)
STRANGER = SigningKey.generate(secrets.token_bytes)

# The points of order 1, 2, 4 and 8 of the curve and its twist, RFC 7748 section 6.1 and
# https://cr.yp.to/ecdh.html#validate
LOW_ORDER = [
    0,
    1,
    2**255 - 20,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
]


def second_implementation_open(blob: bytes, info: bytes) -> bytes:
    key = DH.import_x25519_private_key(READER.expose())
    cipher = HPKE.new(receiver_key=key, aead_id=HPKE.AEAD.AES128_GCM, enc=blob[:32], info=info)
    return bytes(cipher.unseal(blob[32:]))


def second_implementation_seal(body: bytes, info: bytes) -> bytes:
    key = DH.import_x25519_public_key(READER.public_key.raw)
    cipher = HPKE.new(receiver_key=key, aead_id=HPKE.AEAD.AES128_GCM, info=info)
    return bytes(cipher.enc) + bytes(cipher.seal(body))


def context_of(info: bytes) -> bytes:
    return b"cleanroom/seal/1" + SIGNER.verifying_key.raw + READER.public_key.raw + info


@given(st.binary(max_size=300), st.binary(max_size=100))
def test_round_trip(message: bytes, info: bytes) -> None:
    blob = seal(message, READER.public_key, info, SIGNER)
    assert len(blob) == len(message) + OVERHEAD_BYTES
    assert open_sealed(blob, READER, info, SIGNER.verifying_key) == message


def test_a_second_implementation_reads_every_byte() -> None:
    blob = seal(b"message", READER.public_key, b"info", SIGNER)
    body = second_implementation_open(blob, context_of(b"info"))
    signed = hashlib.sha256(b"message").digest() + context_of(b"info")
    SIGNER.verifying_key.verify("cleanroom/seal/1", signed, body[:64])
    assert body[64:] == b"message"


def test_a_second_implementation_writes() -> None:
    signed = hashlib.sha256(b"message").digest() + context_of(b"info")
    body = SIGNER.sign("cleanroom/seal/1", signed) + b"message"
    blob = second_implementation_seal(body, context_of(b"info"))
    assert open_sealed(blob, READER, b"info", SIGNER.verifying_key) == b"message"


def test_what_does_not_open() -> None:
    blob = seal(b"message", READER.public_key, b"info", SIGNER)
    other_reader = SealingKey.generate(secrets.token_bytes)
    for bad, own, info, sender in [
        (blob, other_reader, b"info", SIGNER),
        (blob, READER, b"other", SIGNER),
        (blob, READER, b"info", STRANGER),
        (blob[:-1], READER, b"info", SIGNER),
        (blob + b"\0", READER, b"info", SIGNER),
        (b"", READER, b"info", SIGNER),
        *((blob[:i] + bytes([blob[i] ^ 1]) + blob[i + 1 :], READER, b"info", SIGNER)
          for i in range(len(blob))),
    ]:  # fmt: skip
        with pytest.raises(InvalidMessageError):
            open_sealed(bad, own, info, sender.verifying_key)


def test_base_mode_alone_is_not_enough() -> None:
    # Anybody can encrypt to the reader; without the named signer's signature it does not open.
    signed = hashlib.sha256(b"message").digest() + context_of(b"info")
    forged = STRANGER.sign("cleanroom/seal/1", signed) + b"message"
    for body in (forged, forged[:63], b"message"):
        blob = second_implementation_seal(body, context_of(b"info"))
        with pytest.raises(InvalidMessageError):
            open_sealed(blob, READER, b"info", SIGNER.verifying_key)


def test_a_reader_cannot_forward_in_the_writers_name() -> None:
    reader_2 = SealingKey.generate(secrets.token_bytes)
    body = READER.decrypt(seal(b"m", READER.public_key, b"i", SIGNER), context_of(b"i"))
    context = b"cleanroom/seal/1" + SIGNER.verifying_key.raw + reader_2.public_key.raw + b"i"
    key = DH.import_x25519_public_key(reader_2.public_key.raw)
    cipher = HPKE.new(receiver_key=key, aead_id=HPKE.AEAD.AES128_GCM, info=context)
    blob = bytes(cipher.enc) + bytes(cipher.seal(body))
    assert reader_2.decrypt(blob, context) == body
    with pytest.raises(InvalidMessageError, match="signature"):
        open_sealed(blob, reader_2, b"i", SIGNER.verifying_key)


@pytest.mark.parametrize("u", LOW_ORDER)
def test_low_order_keys(u: int) -> None:
    raw = u.to_bytes(32, "little")
    with pytest.raises(InvalidKeyError):
        SealingPublicKey(raw)
    blob = seal(b"message", READER.public_key, b"info", SIGNER)
    with pytest.raises(InvalidMessageError):
        open_sealed(raw + blob[32:], READER, b"info", SIGNER.verifying_key)


@pytest.mark.parametrize("u", [2**255 - 19, 2**255 - 1, 2**255 + 9])
def test_keys_that_are_not_reduced(u: int) -> None:
    with pytest.raises(InvalidKeyError, match="reduced"):
        SealingPublicKey(u.to_bytes(32, "little"))


def test_private_key_silence() -> None:
    assert READER.expose().hex() not in repr(READER)
    with pytest.raises(TypeError):
        pickle.dumps(READER)
    with pytest.raises(LocalError):
        SealingKey(bytes(31))
    with pytest.raises(InvalidKeyError):
        SealingPublicKey(bytes(33))


def test_pairwise_key() -> None:
    other = SealingKey.generate(secrets.token_bytes)
    key = pairwise_key(READER, other.public_key, b"stages")
    assert key == pairwise_key(other, READER.public_key, b"stages")
    assert len(key) == 32
    assert key != pairwise_key(READER, other.public_key, b"other")
    assert key != pairwise_key(READER, READER.public_key, b"stages")
    # The raw secret agrees with a second implementation.
    public = DH.import_x25519_public_key(other.public_key.raw)
    private = DH.import_x25519_private_key(READER.expose())
    raw = DH.key_agreement(static_priv=private, static_pub=public, kdf=lambda x: x)
    assert READER.exchange(other.public_key) == raw


# --- the channel ---------------------------------------------------------------------------------

ROOM, ALIGNMENT = b"R" * 16, b"A" * 16
SIGNING = [SigningKey.generate(secrets.token_bytes) for _ in range(2)]
SEALING = [SealingKey.generate(secrets.token_bytes) for _ in range(2)]


def channel(
    position: int,
    room: bytes = ROOM,
    alignment: bytes = ALIGNMENT,
    counts: tuple[int, int] = (5, 7),
) -> Channel:
    context = Context(room, alignment, position, counts[position], counts[1 - position])
    peer = 1 - position
    return Channel(
        context,
        SIGNING[position],
        SEALING[position],
        SIGNING[peer].verifying_key,
        SEALING[peer].public_key,
    )


FRAMES = [Frame("blind", 0, b"first"), Frame("blind", 1, b""), Frame("answer", 0, b"\x00" * 99)]


def test_frame_bytes() -> None:
    assert encode_frame(Frame("blind", 258, b"xyz")) == bytes(
        [5]  # length of the step
        + [0x62, 0x6C, 0x69, 0x6E, 0x64]  # step, ASCII
        + [0, 0, 1, 2]  # chunk, big-endian
        + [0x78, 0x79, 0x7A]  # payload, the rest
    )


def test_header_bytes() -> None:
    message = channel(1).seal(FRAMES[0])
    assert message[:41] == bytes(
        [0x43, 0x52, 0x43, 0x31]  # "CRC1"
        + [0x52] * 16  # room
        + [0x41] * 16  # alignment
        + [1]  # position of the sender
        + [0, 0, 0, 0]  # running number, big-endian
    )
    assert len(message) == 41 + OVERHEAD_BYTES + len(encode_frame(FRAMES[0]))
    assert ChannelHeader.parse(message) == ChannelHeader(ROOM, ALIGNMENT, 1, 0)


@pytest.mark.parametrize("data", [b"", b"\x00\0\0\0\0", b"\x01", b"\x01a\0\0\0", b"\x01\n\0\0\0\0",
                                  b"\x01\xff\0\0\0\0", b"\xffa\0\0\0\0"])  # fmt: skip
def test_frames_that_are_none(data: bytes) -> None:
    with pytest.raises(InvalidMessageError):
        decode_frame(data)


@pytest.mark.parametrize(
    "frame", [Frame("", 0, b""), Frame("é", 0, b""), Frame("x" * 256, 0, b""), Frame("a", -1, b""),
              Frame("a", 1 << 32, b""), Frame("a\n", 0, b"")]
)  # fmt: skip
def test_frames_that_we_must_not_send(frame: Frame) -> None:
    with pytest.raises(LocalError):
        encode_frame(frame)


def test_both_directions() -> None:
    brand, platform = channel(0), channel(1)
    for frame in FRAMES:
        assert platform.open(brand.seal(frame)) == frame
        assert brand.open(platform.seal(frame)) == frame


def refused(receiver: Channel, message: bytes) -> None:
    with pytest.raises(InvalidMessageError):
        receiver.open(message)


def test_drop_repeat_reorder_and_go_on() -> None:
    brand, platform = channel(0), channel(1)
    first, second, third = (brand.seal(frame) for frame in FRAMES)
    refused(platform, second)  # the first was dropped
    assert platform.open(first) == FRAMES[0]
    refused(platform, first)  # repeated
    refused(platform, third)  # reordered
    assert platform.open(second) == FRAMES[1]  # a refusal changed nothing
    assert platform.open(third) == FRAMES[2]


@pytest.mark.parametrize(("size", "bodies"), [(1, 3), (1 << 20, 1), (330, 2)])
def test_short_messages_travel_together(size: int, bodies: int) -> None:
    brand, platform, alone = channel(0), channel(1), channel(0)
    sent = list(brand.seal_together(iter(FRAMES), size))
    assert len(sent) == bodies
    lengths = [len(alone.seal(frame)) for frame in FRAMES]
    assert sum(map(len, sent)) == sum(lengths) + 4 * len(FRAMES)
    assert sent[0][:4] == lengths[0].to_bytes(4, "big")
    assert [frame for body in sent for frame in platform.open_together(body)] == FRAMES
    assert brand.transcript() == platform.transcript()
    assert not list(brand.seal_together(iter([]), size))


def test_frames_are_sealed_when_a_body_is_drawn() -> None:
    drawn = []

    def frames() -> Iterator[Frame]:
        for frame in FRAMES:
            drawn.append(frame)
            yield frame

    bodies = channel(0).seal_together(frames(), 1)
    assert not drawn
    next(bodies)
    assert drawn == FRAMES[:1]


@pytest.mark.parametrize(
    "change",
    [
        lambda body: b"",
        lambda body: body[:3],
        lambda body: body[:-1],
        lambda body: body + b"\0",
        lambda body: body + bytes(4),
        lambda body: b"\xff" + body[1:],
        lambda body: bytes(4) + body,
        lambda body: body[4:],
    ],
)
def test_a_body_that_is_not_whole_messages_is_refused(change: Callable[[bytes], bytes]) -> None:
    (body,) = channel(0).seal_together(iter(FRAMES), 1 << 20)
    with pytest.raises(InvalidMessageError):
        channel(1).open_together(change(body))


def renumbered(message: bytes, number: int) -> bytes:
    return message[:37] + number.to_bytes(4, "big") + message[41:]


OTHER_CHANNELS: dict[str, Callable[[], Channel]] = {
    "room": lambda: channel(0, room=b"S" * 16),
    "alignment": lambda: channel(0, alignment=b"B" * 16),
    "direction": lambda: channel(1),
    "count of the sender": lambda: channel(0, counts=(6, 7)),
    "count of the receiver": lambda: channel(0, counts=(5, 8)),
}


@pytest.mark.parametrize("name", OTHER_CHANNELS)
def test_a_message_of_another_channel(name: str) -> None:
    message = OTHER_CHANNELS[name]().seal(FRAMES[0])
    refused(channel(1), message)
    # The seal is bound to the header: writing the expected one over it does not help.
    refused(channel(1), channel(0).seal(FRAMES[0])[:41] + message[41:])


def test_headers_that_are_none() -> None:
    message = channel(0).seal(FRAMES[0])
    bad_sender = message[:36] + b"\x02" + message[37:]
    for bad in (b"", message[: 40 + OVERHEAD_BYTES], b"XXXX" + message[4:], bad_sender):
        with pytest.raises(InvalidMessageError):
            ChannelHeader.parse(bad)
        refused(channel(1), bad)


def test_every_byte_counts() -> None:
    message = channel(0).seal(FRAMES[0])
    receiver = channel(1)
    for i in range(len(message)):
        refused(receiver, message[:i] + bytes([message[i] ^ 0x80]) + message[i + 1 :])
    assert receiver.open(message) == FRAMES[0]


def test_the_chain_binds_the_past() -> None:
    # Same header, same keys, same frame: only the message before it was another one.
    brand, fork, platform = channel(0), channel(0), channel(1)
    platform.open(brand.seal(Frame("blind", 0, b"one")))
    fork.seal(Frame("blind", 0, b"two"))
    message = fork.seal(FRAMES[1])
    refused(platform, message)
    assert platform.open(brand.seal(FRAMES[1])) == FRAMES[1]


def test_an_earlier_message_with_a_new_number() -> None:
    brand, platform = channel(0), channel(1)
    first = brand.seal(FRAMES[0])
    platform.open(first)
    refused(platform, renumbered(first, 1))


def test_the_transcript_is_one_on_both_sides_and_covers_every_message() -> None:
    brand, platform = channel(0), channel(1)
    seen = {brand.transcript()}
    for sender, receiver in ((brand, platform), (platform, brand), (brand, platform)):
        message = sender.seal(FRAMES[0])
        assert sender.transcript() != receiver.transcript()
        receiver.open(message)
        assert sender.transcript() == receiver.transcript()
        seen.add(sender.transcript())
    assert len(seen) == 4
    other = channel(0), channel(1)
    other[1].open(other[0].seal(FRAMES[1]))
    assert other[0].transcript() == other[1].transcript() not in seen


def test_bad_context() -> None:
    with pytest.raises(LocalError):
        channel(0, room=b"short")
