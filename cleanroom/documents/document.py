"""Give every document one canonical form, so that a signature means one thing.

A document is a frozen pydantic model.  The same class checks what comes in (strictly: no unknown
field, no conversion), describes the interface and makes the canonical bytes (RFC 8785).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Annotated, Any, Final, Literal, Self

import rfc8785
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
)

from cleanroom.errors import InvalidInput
from cleanroom.identifier import PATTERN

_PLACE = re.compile(r"[0-9]{1,4}")

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$")]
"""A name that is safe in a path, a header, a log line and a table."""


def _visible(text: str) -> str:
    """Refuse what steers a terminal or the writing direction, or does not show at all.

    A signer approves what a screen shows; these characters make it differ from what is signed.
    """
    if any(unicodedata.category(character) in INVISIBLE for character in text):
        raise ValueError("has a control or format character, which would not show")
    return text


INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of characters (Unicode Standard, table 4-4) that no document may hold in a text."""

ColumnName = Annotated[
    str,
    StringConstraints(pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,64}$"),
    AfterValidator(_visible),
]
"""A column of a file: any script, but nothing that would not show."""

Hex128 = Annotated[str, StringConstraints(pattern=f"^{PATTERN}$")]
Hex256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
HexBytes = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2})*$", max_length=4096)]
SealedHex = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2})*$", max_length=1 << 15)]
"""A text of at most 8 KiB that is sealed to one member."""

RootsHex = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2})*$", max_length=8192)]
"""The proof of roots of a Paillier key: seven numbers of at most 3072 bits."""

Text = Annotated[
    str,
    StringConstraints(pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$", max_length=500),
    AfterValidator(_visible),
]
"""A line of text: no terminal escape, no header injection, nothing that would not show."""


def _number(value: Any) -> Any:
    """Refuse a truth value, which Python takes for 1 and others read as what it is."""
    if isinstance(value, bool):
        raise ValueError("is a number")
    return value


First = Annotated[Literal[1], BeforeValidator(_number)]
"""The version of a document that has had no other."""

MOST_LEVELS: Final = 32
"""Levels of lists and maps in a body: JSON readers differ in the depth at which they give up."""

LARGEST: Final = (1 << 53) - 1
"""RFC 8785 writes numbers as IEEE 754 doubles: beyond it two integers share one spelling."""

Whole = Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
Count = Annotated[int, Field(ge=0, le=LARGEST)]
Positive = Annotated[int, Field(ge=1, le=LARGEST)]
Real = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
"""Numbers of documents: every one has a canonical form."""


def check_interchangeable(value: Any, levels: int = MOST_LEVELS) -> None:
    """Refuse what some reader of JSON reads otherwise, or not at all: it could not be audited.

    Raises:
        ValueError: for half a character, a number of more than 53 bits, NaN and infinity, and
            for lists and maps more than ``levels`` deep.
    """
    level: list[Any] = [value]
    for _ in range(levels):
        below: list[Any] = []
        for item in level:
            _check_scalar(item)
            if isinstance(item, dict):
                for name in item:
                    _check_scalar(name)
                below += item.values()
            elif isinstance(item, list):
                below += item
        if not below:
            return
        level = below
    raise ValueError(f"JSON may have at most {levels} levels here")


def _check_scalar(value: Any) -> None:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("a text contains half a character (a lone surrogate)") from None
    elif isinstance(value, int | float) and not abs(value) <= LARGEST:
        raise ValueError("numbers must be below 2^53 in magnitude")


def _interchangeable(body: dict[str, JsonValue]) -> dict[str, JsonValue]:
    check_interchangeable(body)
    return body


Interchangeable = Annotated[dict[str, JsonValue], AfterValidator(_interchangeable)]
"""JSON that every reader reads as the same value."""


class Document(BaseModel):
    """Stand under every document that is signed, sent or logged."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True
    )

    @classmethod
    def parse(cls, data: bytes | str) -> Self:
        """Read JSON strictly; raise ``InvalidInput`` that names the first bad field."""
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise invalid_field(cls.__name__, error) from None

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Read a value that ``json.loads`` made, as strictly as the text it came from."""
        try:
            text = rfc8785.dumps(value)
        except (rfc8785.CanonicalizationError, UnicodeError, RecursionError):
            raise InvalidInput(f"{cls.__name__}: a value has no canonical form") from None
        return cls.parse(text)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return self.model_dump(mode="json")

    def canonical(self) -> bytes:
        """Return the canonical bytes (RFC 8785): what is signed, hashed and stored."""
        return rfc8785.dumps(self.to_json())

    def digest(self) -> str:
        """Return the SHA-256 of the canonical bytes in hex."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def identity(self) -> str:
        """Return the first half of the digest: the identifier of a room, an alignment or a job."""
        return self.digest()[:32]


def invalid_field(what: str, error: ValidationError) -> InvalidInput:
    """Turn a validation error into one sentence with the field's path, never with its value.

    What is no field of any model is left out, for a key may be anything, a person's name too.
    """
    fields = _fields(BaseModel)
    first = error.errors(include_input=False, include_url=False)[0]
    parts = (str(part) for part in first["loc"])
    known = (part if part in fields or _PLACE.fullmatch(part) else "*" for part in parts)
    place = ".".join(known) or "document"
    return InvalidInput(f"{what}: {place}: {first['msg']}")


def _fields(model: type[BaseModel]) -> set[str]:
    """Return the names of all fields of the models under one."""
    own = {field.alias or name for name, field in model.model_fields.items()}
    return own.union(*map(_fields, model.__subclasses__()))
