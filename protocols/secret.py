"""Hold secrets that neither print nor compare by accident."""

import hmac


class Secret:
    """Wrap secret bytes: ``repr`` is redacted, ``==`` raises, ``expose`` is the one way out."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def expose(self) -> bytes:
        """Return the secret; the name is there to be searched for in reviews."""
        return self._value

    def matches(self, other: bytes) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self._value, other)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(redacted, {len(self._value)} bytes)"

    def __eq__(self, other: object) -> bool:
        raise TypeError("secrets are compared with matches(), in constant time")

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> str:
        raise TypeError("secrets are not pickled")
