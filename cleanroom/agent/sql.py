"""Read a little SQL as a question: compiled to a template's parameters and to nothing else.

    SELECT platform.age_band, COUNT(*), SUM(brand.spend)
    FROM overlap(crm, users) WHERE brand.tier = 'gold' GROUP BY 1

A parser makes the tree; what is not listed here, of a node or of its parts, is refused.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from cleanroom.agent.sql_templates import (
    ASKED,
    LISTED,
    Compiled,
    Key,
    Selected,
    Step,
    meant,
    refuse,
)
from cleanroom.documents.agreement import SIDES
from cleanroom.errors import InvalidInput
from cleanroom.queries.funnel.rows import STEP
from cleanroom.queries.plan import Column
from cleanroom.queries.registry import templates
from cleanroom.queries.where import SEGMENT, Condition, quoted
from cleanroom.report import inert

LONGEST: Final = 10_000
"""Most characters of a question."""

PEOPLE: Final = "people"
"""What a plain COUNT(*) counts."""

# What it cannot read is said once, by ``refuse``, and not by the parser as well.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

_INSTEAD: Final = {
    "distinct": "a person is counted once: leave DISTINCT out",
    "having": "small groups are left out by the room's own rule: leave HAVING out",
    "joins": "FROM names a template, which joins by itself: leave JOIN out",
    "limit": "every group above the room's threshold is shown: leave LIMIT out",
    "order": "sort the answer where you read it: leave ORDER BY out",
    "with_": "one question is one SELECT: leave WITH out",
}


def compiled(text: str) -> Compiled:
    """Compile one SELECT; raise ``InvalidInput`` that says what cannot be asked, and what can."""
    tree = _tree(text)
    _only(tree, "expressions", "from_", "where", "group")
    template, datasets = _source(tree.args.get("from_"))
    keys, counted, aliases = _selected(tree.expressions)
    if set(_grouped(tree.args.get("group"), aliases, tree.expressions)) != set(keys):
        refuse("GROUP BY names exactly the columns that are selected beside COUNT and SUM")
    where = tree.args.get("where")
    found = Selected(
        template=template,
        datasets=datasets,
        keys=tuple(dict.fromkeys(keys)),
        sums=tuple(dict.fromkeys(one for one in counted if isinstance(one, Column))),
        steps=tuple(one for one in counted if isinstance(one, Step)),
        people=PEOPLE in counted,
        where=tuple(_conditions(where.this)) if where else (),
    )
    return meant(found)


def _tree(text: str) -> exp.Select:
    if len(text) > LONGEST:
        refuse(f"it has more than {LONGEST:,} characters")
    try:
        # A comment behind the last semicolon is a tree, too.
        trees = sqlglot.parse(text)
        found = [tree for tree in trees if not isinstance(tree, exp.Semicolon | None)]
    except (SqlglotError, RecursionError):
        refuse("it cannot be read as SQL")
    if len(found) != 1 or not isinstance(found[0], exp.Select):
        refuse("one question is one SELECT")
    return found[0]


def _only(node: exp.Expression, *known: str) -> None:
    """Refuse a node that has any part but these."""
    for name, value in node.args.items():
        if value and name not in known:
            refuse(_INSTEAD.get(name, f"{name.strip('_').upper()} is not allowed here"))


def _source(source: exp.Expression | None) -> tuple[str, tuple[str, ...]]:
    """Return the template that FROM names, and the datasets in brackets behind it."""
    if source is None or not isinstance(source.this, exp.Table):
        refuse(f"FROM names a template: {LISTED}")
    table, datasets = source.this, []
    _only(source, "this")
    _only(table, "this")
    named = table.this
    if isinstance(named, exp.Anonymous):
        datasets = [_bare(one) for one in named.expressions]
    name = str(named.name)
    if name not in ASKED:
        if name in templates():
            raise InvalidInput(
                f"SQL can ask {LISTED}, not {name}.",
                remedy=f'Ask it from a room file: a section [[jobs]] with template = "{name}",'
                " then cleanroom job ask FILE NAME; or on the console, or from a notebook.",
            )
        refuse(f"FROM names a template, {LISTED}, not {inert(name)}")
    if len(datasets) not in (0, 2):
        refuse(f"{name}(BRAND, PLATFORM) names one dataset of each side")
    return name, tuple(datasets)


def _bare(node: exp.Expression) -> str:
    if not isinstance(node, exp.Column):
        refuse("a dataset is named without quotes")
    _only(node, "this")
    return str(node.name)


def _column(node: exp.Expression | None) -> Column:
    """Return a column of a side; refuse anything else."""
    if (
        not isinstance(node, exp.Column)
        or not node.table
        or not isinstance(node.this, exp.Identifier)
    ):
        refuse("a column is written brand.NAME or platform.NAME")
    _only(node, "this", "table")
    side = node.table.lower()
    if side not in ("brand", "platform"):
        refuse(f"{inert(node.table)} is not a side: write brand.NAME or platform.NAME")
    return Column.parse(f"{side}.{node.name}")


def _selected(
    items: Sequence[exp.Expression],
) -> tuple[list[Key], list[Column | Step | str], dict[str, Key]]:
    """Return the keys, what is counted or summed, and the keys by alias."""
    keys: list[Key] = []
    counted: list[Column | Step | str] = []
    aliases: dict[str, Key] = {}
    for item in items:
        node, alias = (item.this, item.alias) if isinstance(item, exp.Alias) else (item, "")
        if isinstance(node, exp.Count):
            _check_count(node)
            counted.append(PEOPLE)
        elif isinstance(node, exp.Filter):
            counted.append(_step(node))
        elif isinstance(node, exp.Sum):
            _only(node, "this")
            counted.append(_column(node.this))
        elif isinstance(node, exp.Avg):
            refuse("an average is SUM divided by COUNT(*): ask for both")
        elif isinstance(node, exp.Column | exp.Greatest):
            keys.append(_key(node))
            aliases |= {alias: keys[-1]} if alias else {}
        else:
            refuse("select columns, COUNT(*) and SUM(side.measure)")
    if not counted:
        refuse("a question counts: select COUNT(*) or a SUM")
    return keys, counted, aliases


def _key(node: exp.Expression | None) -> Key:
    """Return a column, or the brand's and the platform's of which GREATEST is the higher stage."""
    if not isinstance(node, exp.Greatest):
        return (_column(node),)
    found = sorted((_column(one) for one in (node.this, *node.expressions)), key=str)
    if [column.side for column in found] != list(SIDES):
        refuse("GREATEST takes a column of stages from each side")
    return tuple(found)


def _step(node: exp.Filter) -> Step:
    """Return the step of a funnel that a COUNT is filtered by."""
    if not isinstance(node.this, exp.Count):
        refuse("FILTER goes after COUNT(*)")
    _check_count(node.this)
    test = node.expression.this
    if not isinstance(test, exp.EQ | exp.GTE) or not _is(test.this, STEP):
        refuse(
            "FILTER names a funnel's step: WHERE step = 'NAME' (seen there), or WHERE step >="
            " 'NAME' (got that far)"
        )
    return Step(_text(test.expression), closed=isinstance(test, exp.GTE))


def _check_count(node: exp.Count) -> None:
    _only(node, "this", "big_int")
    counted = node.this
    one = isinstance(counted, exp.Literal) and not counted.is_string
    if not one and not (isinstance(counted, exp.Star) and not any(counted.args.values())):
        refuse("people are counted: write COUNT(*)")


def _grouped(
    group: exp.Expression | None,
    aliases: dict[str, Key],
    items: Sequence[exp.Expression],
) -> list[Key]:
    """Return the keys of GROUP BY: by place in the SELECT, by alias or by name."""
    if group is None:
        return []
    _only(group, "expressions")
    found = []
    for node in group.expressions:
        if isinstance(node, exp.Literal) and not node.is_string:
            found.append(_at(str(node.this), items))
        elif isinstance(node, exp.Column) and not node.table and node.name in aliases:
            found.append(aliases[node.name])
        else:
            found.append(_key(node))
    return found


def _at(place: str, items: Sequence[exp.Expression]) -> Key:
    if not place.isdecimal() or not 1 <= int(place) <= len(items):
        refuse(f"GROUP BY {inert(place)} is not a position in the SELECT")
    item = items[int(place) - 1]
    return _key(item.this if isinstance(item, exp.Alias) else item)


# --- conditions


def _conditions(node: exp.Expression) -> list[str]:
    """Return the conditions that AND joins, as a question's ``where`` writes them."""
    if isinstance(node, exp.Paren):
        return _conditions(node.this)
    if isinstance(node, exp.And):
        return [*_conditions(node.this), *_conditions(node.expression)]
    if isinstance(node, exp.EQ) and _is(node.this, SEGMENT):
        return [f"{SEGMENT} = {quoted(_text(node.expression))}"]
    return [_one(node).text()]


def _is(node: exp.Expression, word: str) -> bool:
    return isinstance(node, exp.Column) and not node.table and node.name.lower() == word


def _one(node: exp.Expression) -> Condition:
    """Return one condition on one column."""
    if isinstance(node, exp.Paren):
        return _one(node.this)
    if isinstance(node, exp.EQ | exp.NEQ):
        sides = (node.this, node.expression)
        column, value = sides[::-1] if isinstance(node.this, exp.Literal) else sides
        return _listed(column, [value], isinstance(node, exp.EQ))
    if isinstance(node, exp.In):
        _only(node, "this", "expressions")
        return _listed(node.this, node.expressions, True)
    if isinstance(node, exp.Not):
        one = _one(node.this)
        return one.model_copy(update={"test": "not in" if one.test == "in" else "in"})
    if isinstance(node, exp.Or):
        return _either(_one(node.this), _one(node.expression))
    if isinstance(node, exp.Is):
        refuse("an empty cell is the label 'unknown': write = 'unknown'")
    if isinstance(node, exp.GT | exp.GTE | exp.LT | exp.LTE | exp.Between):
        refuse("labels are not numbers: have buckets declared for the column, and use = or IN")
    if isinstance(node, exp.And):
        refuse("NOT and OR take conditions on one column")
    return refuse("a condition is =, <>, IN or NOT IN over values in single quotes")


def _listed(column: exp.Expression, values: Sequence[exp.Expression], inside: bool) -> Condition:
    named, texts = _column(column), sorted({_text(value) for value in values})
    if not texts:
        refuse("IN takes a list of values in single quotes")
    test = "in" if inside else "not in"
    return Condition.from_json({"column": str(named), "test": test, "values": texts})


def _either(one: Condition, other: Condition) -> Condition:
    if one.column != other.column or (one.test, other.test) != ("in", "in"):
        refuse("OR joins values of one column only: ask twice")
    return one.model_copy(update={"values": tuple(sorted({*one.values, *other.values}))})


def _text(node: exp.Expression) -> str:
    if isinstance(node, exp.Column):
        refuse("values go in single quotes")
    if not isinstance(node, exp.Literal) or not node.is_string:
        refuse("labels are text: write the value in single quotes")
    return str(node.this)
