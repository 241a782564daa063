"""Write and read the signed heads of the log.

The format is C2SP tlog-checkpoint in a C2SP signed-note: the text ``origin, size, root`` a line
each, an empty line, and signature lines ``— name base64(key id || signature)``.  The log signs the
text (type 0x01); a party that has checked the log's consistency adds a timestamped cosignature
(C2SP tlog-cosignature, Ed25519, type 0x04).  Two signed checkpoints of one origin that cannot be
joined by a consistency proof prove that the log showed two faces.

Stricter than C2SP in two points: extension lines are refused, since nobody can audit them, and a
note holds at most ``MAXIMUM_SIGNATURES`` lines.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from dataclasses import dataclass
from functools import lru_cache

from protocols.errors import InvalidMessageError, InvalidProofError, LocalError
from protocols.merkle import HASH_BYTES
from protocols.signing import SIGNATURE_BYTES, SigningKey, VerifyingKey

MAXIMUM_SIGNATURES = 64
MAXIMUM_BYTES = 16_384
MAXIMUM_SIZE = (1 << 63) - 1

_KEY_ID_BYTES = 4
_LOG = b"\x01"
_COSIGNER = b"\x04"
_DASH = "\N{EM DASH} "


def _check_name(name: str) -> None:
    """Allow what C2SP allows for key names, and for origins what it recommends."""
    # Of all space only the plain one is printable.
    if not name or "+" in name or " " in name or not name.isprintable():
        raise LocalError("a name is not empty and holds no space, plus or control character")


@dataclass(frozen=True)
class Checkpoint:
    """Name a log, its size and its root; LocalError for what cannot be written as a note."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        _check_name(self.origin)
        if not 0 <= self.size <= MAXIMUM_SIZE or len(self.root) != HASH_BYTES:
            raise LocalError("a checkpoint has a size of 63 bits and a root of 32 bytes")

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


@dataclass(frozen=True)
class SignatureLine:
    """Hold one signature of a note; ``blob`` is what follows the 4-byte key id."""

    name: str
    key_id: bytes
    blob: bytes

    def encode(self) -> str:
        """Return the line with its newline."""
        return f"{_DASH}{self.name} {b64encode(self.key_id + self.blob).decode()}\n"


def key_id(name: str, kind: bytes, key: VerifyingKey) -> bytes:
    """Return the 4 bytes that tell keys of one name apart; they are a hint and prove nothing."""
    return hashlib.sha256(name.encode() + b"\n" + kind + key.raw).digest()[:_KEY_ID_BYTES]


def sign(checkpoint: Checkpoint, key: SigningKey) -> str:
    """Return the note with the log's own signature, under its origin as the name."""
    text = checkpoint.text()
    name = checkpoint.origin
    line = SignatureLine(name, key_id(name, _LOG, key.verifying_key), key.sign_note(text))
    return f"{text}\n{line.encode()}"


def cosign(note: str, name: str, key: SigningKey, timestamp: int) -> str:
    """Return the note with one more line: that ``name`` checked this head at ``timestamp``.

    ``timestamp`` is POSIX seconds.  The caller has verified the note and its consistency before;
    a cosigner uses its key under one name only, because the signature does not hold the name.
    InvalidProofError if the note cannot be read.
    """
    _check_name(name)
    if not 0 <= timestamp <= MAXIMUM_SIZE:
        raise LocalError("a timestamp has 63 bits")
    checkpoint, lines = parse(note)
    if len(lines) >= MAXIMUM_SIGNATURES:
        raise LocalError("the note has no room for another signature")
    signature = key.sign_note(_cosigned(checkpoint, timestamp))
    blob = timestamp.to_bytes(8, "big") + signature
    return note + SignatureLine(name, key_id(name, _COSIGNER, key.verifying_key), blob).encode()


def _cosigned(checkpoint: Checkpoint, timestamp: int) -> str:
    return f"cosignature/v1\ntime {timestamp}\n{checkpoint.text()}"


def parse(note: str) -> tuple[Checkpoint, list[SignatureLine]]:
    """Read a note without believing it; InvalidProofError unless it is written exactly so."""
    checkpoint, lines = _parse(note)
    return checkpoint, list(lines)


@lru_cache(maxsize=1)
def _parse(note: str) -> tuple[Checkpoint, tuple[SignatureLine, ...]]:
    """Read a note once, where its signature and a cosignature are verified one after the other."""
    # Splitting before the length is known would let a stranger choose our memory.
    if len(note) > MAXIMUM_BYTES or not note.endswith("\n"):
        raise InvalidProofError("a checkpoint is a short text that ends with a newline")
    text, separator, signatures = note.partition("\n\n")
    lines = signatures.split("\n")[:-1]
    if not separator or not 0 < len(lines) <= MAXIMUM_SIGNATURES:
        raise InvalidProofError("a checkpoint has an empty line and then signatures")
    return _parse_text(text), tuple(_parse_line(line) for line in lines)


def _parse_text(text: str) -> Checkpoint:
    fields = text.split("\n")
    if len(fields) != 3:
        raise InvalidProofError("a checkpoint has three lines")
    origin, size, root = fields
    # One spelling for each number: what is parsed must be what was signed.
    if not (size.isascii() and size.isdigit() and len(size) < 20) or str(int(size)) != size:
        raise InvalidProofError("the size is not a decimal number")
    try:
        return Checkpoint(origin, int(size), _base64(root))
    except LocalError as error:
        raise InvalidProofError(str(error)) from error


def _parse_line(line: str) -> SignatureLine:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise InvalidProofError("a signature line is a dash, a name and a signature")
    try:
        _check_name(name)
    except LocalError as error:
        raise InvalidProofError(str(error)) from error
    data = _base64(encoded)
    if len(data) <= _KEY_ID_BYTES:
        raise InvalidProofError("the signature line has no signature")
    return SignatureLine(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def _base64(text: str) -> bytes:
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidProofError("base64 is expected here") from error
    if b64encode(data).decode() != text:
        raise InvalidProofError("this is another spelling of the base64")
    return data


def verify(note: str, origin: str, key: VerifyingKey) -> Checkpoint:
    """Return the checkpoint if the log named ``origin`` signed it with this key.

    Raises InvalidProofError for another origin, a note without the log's signature, or one whose
    signature does not verify.  Lines of other keys are ignored, as C2SP demands.
    """
    checkpoint, lines = parse(note)
    if checkpoint.origin != origin:
        raise InvalidProofError("the checkpoint is of another log")
    for line in _lines_of(lines, origin, key_id(origin, _LOG, key)):
        _check_signature(checkpoint.text(), line.blob, key)
    return checkpoint


def verify_cosignature(note: str, name: str, key: VerifyingKey) -> int:
    """Return the POSIX time of the named cosigner's line, the latest if it signed repeatedly.

    It does not check the log's own signature.  InvalidProofError if the line is missing or any
    line of this key does not verify.
    """
    checkpoint, lines = parse(note)
    times = []
    for line in _lines_of(lines, name, key_id(name, _COSIGNER, key)):
        if len(line.blob) != 8 + SIGNATURE_BYTES:
            raise InvalidProofError("a cosignature has 72 bytes")
        timestamp = int.from_bytes(line.blob[:8], "big")
        if timestamp > MAXIMUM_SIZE:
            raise InvalidProofError("the time of the cosignature is out of range")
        _check_signature(_cosigned(checkpoint, timestamp), line.blob[8:], key)
        times.append(timestamp)
    return max(times)


def verify_vouched(
    note: str, origin: str, log_key: VerifyingKey, name: str, key: VerifyingKey
) -> Checkpoint:
    """Return the checkpoint of a note with which ``name`` vouches for a log's head.

    The log signed it; the note may carry lines of ``name``, and then they verify too.
    InvalidProofError otherwise.
    """
    checkpoint = verify(note, origin, log_key)
    if name in {line.name for line in parse(note)[1]}:
        verify_cosignature(note, name, key)
    return checkpoint


def _lines_of(lines: list[SignatureLine], name: str, identifier: bytes) -> list[SignatureLine]:
    found = [
        line for line in lines if line.name == name and hmac.compare_digest(line.key_id, identifier)
    ]
    if not found:
        raise InvalidProofError("the checkpoint does not carry the signature asked for")
    return found


def _check_signature(text: str, signature: bytes, key: VerifyingKey) -> None:
    try:
        key.verify_note(text, signature)
    except InvalidMessageError as error:
        raise InvalidProofError("a signature of the checkpoint does not verify") from error
