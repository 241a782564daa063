"""Seal messages to one reader with HPKE (RFC 9180, base mode), signed by their writer.

The suite is DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM.  Base mode authenticates nobody,
so the writer signs.  It signs **inside** the seal, over its own key, the reader's key, the context
and the digest of the message: outside, the relay could strip the signature and put its own there,
or test guesses of a short message against the signed digest; without the reader's key, a reader
could seal the same signed message to somebody else in the writer's name.

A sealed message is ``encapsulated key (32) || AES-GCM(signature (64) || message) || tag (16)``.
A ``Channel`` is the conversation of the two agents of an alignment, as sealed messages in a chain.

The ephemeral key comes from the operating system inside the library; it is the one place where
randomness is not a parameter.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from protocols.alignment import Context, Frame
from protocols.errors import InvalidKeyError, InvalidMessageError, LocalError
from protocols.limits import SECRET_BYTES
from protocols.randomness import Random
from protocols.signing import SIGNATURE_BYTES, SigningKey, VerifyingKey

KEY_BYTES = 32
OVERHEAD_BYTES = 32 + SIGNATURE_BYTES + 16
DOMAIN = "cleanroom/seal/1"

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
_PAIRWISE = b"cleanroom/pairwise/1"
_PRIME = 2**255 - 19
_ANY_SCALAR = X25519PrivateKey.from_private_bytes(bytes(range(32)))


@dataclass(frozen=True)
class SealingPublicKey:
    """Hold a public key: ``raw`` is the 32 bytes of RFC 7748.

    Raises InvalidKeyError for another length, a coordinate that is not reduced or a low-order
    point: with one, everybody knows the shared secret (RFC 7748, section 6.1).
    """

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != KEY_BYTES:
            raise InvalidKeyError("a sealing key has 32 bytes")
        if int.from_bytes(self.raw, "little") >= _PRIME:
            raise InvalidKeyError("the sealing key is not reduced")
        try:
            # Every clamped scalar is a multiple of 8, so any one of them finds every such point.
            _ANY_SCALAR.exchange(X25519PublicKey.from_public_bytes(self.raw))
        except ValueError as error:
            raise InvalidKeyError("the sealing key is a low-order point") from error


class SealingKey:
    """Hold a private key; it neither prints, compares nor pickles."""

    __slots__ = ("_key", "public_key")

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_BYTES:
            raise LocalError("a sealing key has 32 bytes")
        self._key = X25519PrivateKey.from_private_bytes(raw)
        self.public_key = SealingPublicKey(self._key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, random: Random) -> SealingKey:
        """Make a fresh key from 32 random bytes."""
        return cls(random(KEY_BYTES))

    def expose(self) -> bytes:
        """Return the 32 private bytes, for the owner's key file only."""
        return self._key.private_bytes_raw()

    def decrypt(self, blob: bytes, info: bytes) -> bytes:
        """Open plain HPKE without a signature; InvalidMessageError if it does not open."""
        try:
            return _SUITE.decrypt(blob, self._key, info=info)
        except (InvalidTag, ValueError) as error:
            raise InvalidMessageError("the sealed message does not open") from error

    def exchange(self, peer: SealingPublicKey) -> bytes:
        """Return the raw X25519 output of RFC 7748; never use it without a key derivation."""
        return self._key.exchange(X25519PublicKey.from_public_bytes(peer.raw))

    def __repr__(self) -> str:
        return f"SealingKey(redacted, {self.public_key.raw.hex()})"

    def __reduce__(self) -> str:
        raise TypeError("private keys are not pickled")


def _context(sender: VerifyingKey, receiver: SealingPublicKey, info: bytes) -> bytes:
    """Bind both parties; all fields but the last have a fixed length."""
    return DOMAIN.encode() + sender.raw + receiver.raw + info


def statement(
    message: bytes, sender: VerifyingKey, receiver: SealingPublicKey, info: bytes
) -> bytes:
    """Return what the sender signs: SHA-256 of the message, then the context."""
    return hashlib.sha256(message).digest() + _context(sender, receiver, info)


def seal(message: bytes, to: SealingPublicKey, info: bytes, signer: SigningKey) -> bytes:
    """Sign a message, then encrypt it to one reader; ``OVERHEAD_BYTES`` longer than the message.

    ``info`` is the public context that the reader will name too (job, attempt, group).
    """
    return seal_statement(statement(message, signer.verifying_key, to, info), message, to, signer)


def seal_statement(
    signed: bytes, message: bytes, to: SealingPublicKey, signer: SigningKey
) -> bytes:
    """Seal with a statement made before, for callers that keep it (its digest is not repeated)."""
    body = signer.sign(DOMAIN, signed) + message
    context = signed[hashlib.sha256().digest_size :]
    return _SUITE.encrypt(body, X25519PublicKey.from_public_bytes(to.raw), info=context)


def open_sealed(blob: bytes, own: SealingKey, info: bytes, sender: VerifyingKey) -> bytes:
    """Decrypt a message and check its writer.

    Raises InvalidMessageError if it was sealed to somebody else, changed, made for another
    context, or signed by somebody else.
    """
    return open_statement(blob, own, info, sender)[0]


def open_statement(
    blob: bytes, own: SealingKey, info: bytes, sender: VerifyingKey
) -> tuple[bytes, bytes]:
    """Open like ``open_sealed`` and return the signed statement beside the message."""
    body = own.decrypt(blob, _context(sender, own.public_key, info))
    if len(body) < SIGNATURE_BYTES:
        raise InvalidMessageError("the sealed message is too short for a signature")
    message = body[SIGNATURE_BYTES:]
    signed = statement(message, sender, own.public_key, info)
    sender.verify(DOMAIN, signed, body[:SIGNATURE_BYTES])
    return message, signed


def pairwise_key(own: SealingKey, peer: SealingPublicKey, info: bytes) -> bytes:
    """Derive the 32-byte key that two parties share without a message, the same on both sides.

    HKDF-SHA256 (RFC 5869) over the static X25519 secret, both public keys in ascending order and
    ``info``.  The label in the salt keeps it apart from HPKE, whose salt is empty.
    """
    first, second = sorted((own.public_key.raw, peer.raw))
    hkdf = HKDF(SHA256(), SECRET_BYTES, salt=_PAIRWISE, info=first + second + info)
    return hkdf.derive(own.exchange(peer))


@dataclass(frozen=True)
class ChannelHeader:
    """Hold what the relay may read of a channel message: whose it is and where it belongs.

    ``sender`` is the position of the sender (0 or 1), ``number`` counts the messages of its
    direction from 0.  41 bytes: ``"CRC1" || room (16) || alignment (16) || sender (1) ||
    number (4, big-endian)``.
    """

    room: bytes
    alignment: bytes
    sender: int
    number: int

    def encode(self) -> bytes:
        """Return the 41 bytes."""
        return _HEADER.pack(_MAGIC, self.room, self.alignment, self.sender, self.number)

    @classmethod
    def parse(cls, blob: bytes) -> ChannelHeader:
        """Read the header of a whole message; InvalidMessageError if it cannot be one."""
        if len(blob) < _HEADER.size + OVERHEAD_BYTES:
            raise InvalidMessageError("the channel message is too short")
        magic, room, alignment, sender, number = _HEADER.unpack_from(blob)
        if magic != _MAGIC or sender > 1:
            raise InvalidMessageError("this is not a channel message")
        return cls(room, alignment, sender, number)


_MAGIC = b"CRC1"
_HEADER = struct.Struct(">4s16s16sBI")
_CHUNK = struct.Struct(">I")
_CHANNEL = b"cleanroom/channel/1"


def encode_frame(frame: Frame) -> bytes:
    """Return ``length of step (1) || step (ASCII) || chunk (4, big-endian) || payload``."""
    step = frame.step.encode()
    if not (0 < len(step) < 256 and frame.step.isascii() and frame.step.isprintable()):
        raise LocalError("a step has a name of 1 to 255 printable ASCII characters")
    if not 0 <= frame.chunk < 1 << 32:
        raise LocalError("a chunk number has 32 bits")
    return bytes([len(step)]) + step + _CHUNK.pack(frame.chunk) + frame.payload


def decode_frame(data: bytes) -> Frame:
    """Read what ``encode_frame`` wrote; InvalidMessageError for anything else."""
    length = data[0] if data else 0
    end = 1 + length + _CHUNK.size
    if length == 0 or len(data) < end:
        raise InvalidMessageError("the frame is cut short")
    name = data[1 : 1 + length]
    step = name.decode("latin-1")
    if not (name.isascii() and step.isprintable()):
        raise InvalidMessageError("the step of the frame is not printable ASCII")
    return Frame(step, _CHUNK.unpack_from(data, 1 + length)[0], data[end:])


def _split(body: bytes) -> Iterator[bytes]:
    """Yield the messages of a body, each behind its length; InvalidMessageError if it is cut."""
    at = 0
    while not at or at < len(body):
        start = at + _CHUNK.size
        if start > len(body):
            raise InvalidMessageError("the relay's message is cut short")
        at = start + int(_CHUNK.unpack(body[at:start])[0])
        if at > len(body):
            raise InvalidMessageError("the relay's message is cut short")
        yield body[start:at]


class _Direction:
    """Chain the messages of one direction: each is bound to all before it."""

    def __init__(self, context: Context, sender: int, sent: int, received: int) -> None:
        self._context = context
        self._sender = sender
        self._number = 0
        start = struct.pack(">QQI", sent, received, context.attempt)
        self._chain = hashlib.sha256(_CHANNEL + self.header().encode() + start).digest()

    def header(self) -> ChannelHeader:
        """Return the header of the next message."""
        context = self._context
        return ChannelHeader(context.room, context.alignment, self._sender, self._number)

    def info(self) -> bytes:
        """Return the context of the next message's seal."""
        return self.header().encode() + self._chain

    @property
    def chain(self) -> bytes:
        """Return the digest of all that this direction carried so far."""
        return self._chain

    def advance(self, signed: bytes) -> None:
        """Take in the statement of a message: it holds the chain so far and the frame's digest."""
        self._chain = hashlib.sha256(signed).digest()
        self._number += 1


class Channel:
    """Carry the frames of one alignment between two agents that trust nobody in between.

    Every message is bound to room, alignment, attempt, declared sizes, direction, step, chunk,
    its running number and the digest of everything that its direction carried before.  A message
    that was changed, injected, repeated, reordered, or comes after a dropped one, or from
    another room, alignment or direction raises InvalidMessageError and leaves the channel as it
    was.  Dropping the last messages is seen by the participant that does not finish. Each side
    makes one channel per attempt; ``context`` is the alignment's, seen from this side.
    """

    def __init__(
        self,
        context: Context,
        signing: SigningKey,
        sealing: SealingKey,
        peer_verifying: VerifyingKey,
        peer_sealing: SealingPublicKey,
    ) -> None:
        if (
            len(context.room) != 16
            or len(context.alignment) != 16
            or context.position not in {0, 1}
        ):
            raise LocalError("a room and an alignment have 16 bytes, a position is 0 or 1")
        self._signing = signing
        self._sealing = sealing
        self._peer_verifying = peer_verifying
        self._peer_sealing = peer_sealing
        own, peer = context.own_count, context.peer_count
        self._out = _Direction(context, context.position, own, peer)
        self._in = _Direction(context, 1 - context.position, peer, own)

    def seal(self, frame: Frame) -> bytes:
        """Return the next message of this side; messages are sent in the order of the calls."""
        body = encode_frame(frame)
        info = self._out.info()
        signed = statement(body, self._signing.verifying_key, self._peer_sealing, info)
        sealed = seal_statement(signed, body, self._peer_sealing, self._signing)
        message = self._out.header().encode() + sealed
        self._out.advance(signed)
        return message

    def open(self, blob: bytes) -> Frame:
        """Return the next frame of the peer, or raise InvalidMessageError."""
        if ChannelHeader.parse(blob) != self._in.header():
            raise InvalidMessageError("the message is of another channel or out of order")
        sealed = blob[_HEADER.size :]
        info = self._in.info()
        body, signed = open_statement(sealed, self._sealing, info, self._peer_verifying)
        frame = decode_frame(body)
        self._in.advance(signed)
        return frame

    def seal_together(self, frames: Iterable[Frame], size: int) -> Iterator[bytes]:
        """Seal frames as they come; yield bodies of several messages, each behind its length.

        A body takes messages until it has ``size`` bytes or there are no more frames.
        """
        body = bytearray()
        for frame in frames:
            message = self.seal(frame)
            body += _CHUNK.pack(len(message)) + message
            if len(body) >= size:
                yield bytes(body)
                body = bytearray()
        if body:
            yield bytes(body)

    def open_together(self, body: bytes) -> list[Frame]:
        """Return the next frames of the peer, one at least, or raise InvalidMessageError."""
        return [self.open(message) for message in _split(body)]

    def transcript(self) -> bytes:
        """Return one digest of all that either direction carried, the same on both sides.

        H of both chains, that of position 0 first.
        """
        directions = sorted((self._out, self._in), key=lambda one: one.header().sender)
        return hashlib.sha256(b"".join(one.chain for one in directions)).digest()
