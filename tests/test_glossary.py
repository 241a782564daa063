"""Whoever is new finds every word that is ours, or another field's, in the glossary."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reference" / "glossary.md").read_text("utf-8")
ROWS = [line.split("|")[1:-1] for line in PAGE.splitlines() if line.startswith("| ")]
TERMS = [row for row in ROWS if row[0].strip() != "word"]
WORDS = set(re.findall(r"[a-z]+", " ".join(row[0] + row[1] for row in TERMS).lower()))
PLAIN = frozenset(
    """
    about access accounting act activating acts activation aggregates ahead align aligned amend
    amended answer changed shops
    app approval approvals approved ask asking attribution audience audit auth backup
    bars batch bodies bootstrap bounds buckets budgets canonical canvas chains check checks child
    choose client clock code columns combination combining commit common compared compiled
    compute conditions consent console contacts context cost costs count counts crediting csv
    curve curves customers datasets decryption deferred derive desk difference differencing
    doctor document earlier elements end ended erased
    erasure certificate deletions leftovers person processing
    endings entrance entries erase errors estimate event events example exclusion export extension
    failures field fields figures file files flow forms frequency funnel gathered grants group
    grouping groups hashing heads health history html identifiers ids init intent intervals jobs
    json keys known section
    labels languages layout lift limits lines links listing logs look lookalike loop main make many
    markov match media merkle messages metrics model models move moving names nothing
    notices numbers
    operations orders overlap packing page pages parallel parameters parquet parse passed
    origin participant paths pipeline policy population ports preview private problems profiles
    program proofs proposal publish purchase quality randomness reach reader reasons records refuse
    relay released releases
    report reporting
    results ring roles room rooms root rotate rounding row rows rules run sampler save scalars
    schedule
    schema screen sealing search secret seen segment segments selection sensitivity sentences
    sequence
    serve server serving sessions settings sheets show signing simulate source spec sql stages
    staging statements states steps store strings style sums system table tables targets template
    terminal terms text time times totals transport tries trouble truth turns typed units uploads
    validation vectors venn verify views where work worker world
    spend spending splits answer asked described frames live notebook rehearsal
    prepared rungs assistant reading sinks traces
    facts passing taking back alerts headers subtotals catalogue chart command ways registry
    engines joined session spreadsheets addresses countries
    filters items positions undone unread copied pivoted collected snapshots thousands digits
    shortened flags statuses impressions amounts clocks masking commands spoken
    """.split()  # noqa: SIM905
)
"""Words that need no explaining, or that the field's readers know."""
PRODUCTS = frozenset(
    {"aipl", "sqlite", "postgresql", "s3", "sha", "wsgi", "mcp", "dh", "ot", "rehearse", "layers"}
)


def test_every_word_that_names_a_module_is_plain_or_explained() -> None:
    folders = [ROOT / name for name in ("api", "cleanroom", "protocols")]
    found = {
        word
        for folder in folders
        for path in folder.rglob("*.py")
        for word in re.findall(r"[a-z]+", path.stem)
        if not path.stem.startswith("__")
    }
    singular = {word.removesuffix("s") for word in WORDS} | WORDS
    strange = sorted(
        word
        for word in found - PLAIN - PRODUCTS
        if word not in singular and word.removesuffix("s") not in singular
    )
    assert not strange, f"explain in docs/reference/glossary.md: {strange}"


def test_every_word_is_said_in_both_languages_and_lives_where_it_says() -> None:
    for word, meaning, chinese, where in TERMS:
        assert word.strip() and meaning.strip() and re.search("[\u4e00-\u9fff]", chinese), word
        assert (ROOT / where.strip().strip("`")).exists(), word
    assert len(TERMS) > 40
