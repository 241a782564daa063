"""Addresses that were cut off within their domain are pointed at."""

from __future__ import annotations

import pyarrow as pa
import pytest

from cleanroom.ingest.concerns.likenesses import likenesses


def told(addresses: list[str], profile: str = "email:uid2:v1") -> list[tuple[int, int, int, str]]:
    found = likenesses(pa.array(addresses, pa.large_string()), "e", profile)
    return [(one.rows, one.of, at, one.declared) for one, at in found if one.kind == "shortened"]


def people(domain: str, count: int = 20) -> list[str]:
    """Return addresses of which every second one is longer, each by itself unlike the others."""
    return [f"{'abc' * (n % 2)}{n:02d}@{domain}" for n in range(count)]


OTHERS = people("web.de")


@pytest.mark.parametrize("profile", ["email:uid2:v1", "email:google:v1", "email:meta:v1"])
def test_many_of_one_width_whose_domain_others_have_whole(profile: str) -> None:
    whole = people("firma.example.org")
    cut = [address[: len("abc00@firma.ex")] for address in whole]
    assert told([*whole[:4:2], *cut[1::2]], profile) == []  # firma.example.org is longer
    cut = [address[: len("abc00@mail.co")] for address in people("mail.com")]
    assert told([*cut, *OTHERS], profile) == [(10, 40, 1, "xxx99@xxxx.xx")]
    assert told([*OTHERS, *cut[:6]], profile) == [(3, 26, 21, "xxx99@xxxx.xx")]


def test_few_of_them_and_whole_addresses_are_quiet() -> None:
    cut = [address[: len("abc00@mail.co")] for address in people("mail.com")]
    assert told([*cut[:5], *OTHERS]) == []
    assert told([*people("mail.co"), *OTHERS]) == []  # nobody has more behind it
    assert told([*people("mail.co"), "a@mail.co.uk", "longer.than.all@web.de"]) == []
    assert told([*people("mail.co"), "a@mail.co.uk", "b@mail.co.uk"]) == []
    assert told([*people("mail.co"), *people("mail.com")]) == []
    assert told([]) == told(["ann@mail.co"]) == []


def test_domains_of_providers_without_their_end() -> None:
    cut = [f"{'ann' * n}@gmail.co" for n in range(1, 4)]
    assert told([*OTHERS, *cut]) == [(3, 23, 20, "xxx@xxxxx.xx")]
    assert told([*OTHERS, *cut[:2]]) == told([*OTHERS, *people("mygmail.co")]) == []
    assert told([*people("web.de", 400), *cut]) == []  # mistyped
    assert told([*OTHERS, *cut], "raw:v1") == []
