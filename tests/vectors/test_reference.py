"""The reference page names every domain separation string and every constant as they are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from cleanroom.documents.statement import Kind
from protocols import limits

HOME = Path(__file__).parents[2]
PAGE = (HOME / "docs" / "reference" / "protocol.md").read_text(encoding="utf-8")
CODE = [
    path
    for folder in (
        "protocols",
        "cleanroom/agent",
        "cleanroom/documents",
        "cleanroom/queries/credit",
    )
    for path in (HOME / folder).rglob("*.py")
]


def literals(path: Path) -> set[str]:
    """Return the strings of a module that begin like a label of the protocol."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            value = node.value
            text = value.decode("latin-1") if isinstance(value, bytes) else value
            if re.match(r"cleanroom[-/]|CRC1|curve25519_", text):
                found.add(text.rstrip("\0"))
    return found


def test_every_separation_string_is_on_the_page():
    found = set().union(*map(literals, CODE))
    assert len(found) >= 14
    assert not {text for text in found if f'"{text}' not in PAGE and f"`{text}`" not in PAGE}


ROWS = dict(re.findall(r"^\| `([A-Z_]+)` \| ([0-9^]+) \|", PAGE, flags=re.MULTILINE))


@pytest.mark.parametrize("name", ROWS)
def test_constants_are_those_of_the_page(name):
    base, _, power = ROWS[name].partition("^")
    assert getattr(limits, name) == int(base) ** int(power or 1)


def test_no_constant_is_missing():
    public = {name for name in vars(limits) if name.isupper()}
    assert public - set(ROWS) == {"PAILLIER_BITS_112", "LATTICE_PRIMES"}
    assert str(limits.PAILLIER_BITS_112) in PAGE
    assert ", ".join(map(str, limits.LATTICE_PRIMES)) in PAGE


def test_every_kind_of_statement_is_on_the_page():
    assert all(f"`{kind}`" in PAGE for kind in Kind.__args__)
