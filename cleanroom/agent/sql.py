"""Read a little SQL as a question: compiled to a template's parameters and to nothing else.

    SELECT platform.age_band, COUNT(*), SUM(brand.spend)
    FROM overlap(crm, users) WHERE brand.tier = 'gold' GROUP BY 1

A parser makes the tree; what is not listed here, of a node or of its parts, is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NoReturn

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from cleanroom.agent.job_section import JobSection
from cleanroom.documents.agreement import PartyRole
from cleanroom.errors import InvalidInput
from cleanroom.queries import templates
from cleanroom.queries.plan import Column
from cleanroom.queries.where import SEGMENT, Condition, parse, quoted
from cleanroom.report import inert

REACH: Final = "reach_frequency"
ASKED: Final = ("overlap", "profile", REACH)
"""Templates whose parameters a SELECT can say."""

LONGEST: Final = 10_000
"""Most characters of a question."""

EXAMPLE: Final = (
    "Write it like: SELECT platform.age_band, COUNT(*), SUM(brand.spend) FROM overlap "
    "WHERE brand.tier = 'gold' GROUP BY 1."
)

_INSTEAD: Final = {
    "distinct": "a person is counted once: leave DISTINCT out",
    "having": "small groups are left out by the room's own rule: leave HAVING out",
    "joins": "FROM names a template, which joins by itself: leave JOIN out",
    "limit": "every group above the room's threshold is shown: leave LIMIT out",
    "order": "sort the answer where you read it: leave ORDER BY out",
    "with_": "one question is one SELECT: leave WITH out",
}


@dataclass(frozen=True)
class Compiled:
    """What a SELECT asks; ``datasets`` are the brand's and the platform's, or none."""

    template: str
    datasets: tuple[str, ...]
    group_by: tuple[Column, ...]
    sums: tuple[Column, ...]
    where: tuple[str, ...]
    campaigns: tuple[str, ...] = ()
    """Of ``reach_frequency`` those that count, all if empty."""

    def kind(self, side: PartyRole) -> str:
        """Return the kind that a side's dataset has to be of."""
        return "events" if self.template == REACH and side == "platform" else "audience"

    def section(self, name: str, brand: str, platform: str, **fields: Any) -> JobSection:
        """Return the question as a section of a room file."""
        asked = {
            "group_by": [str(column) for column in self.group_by],
            "measures": [column.name for column in self.sums],
            "where": list(self.where),
            "campaigns": list(self.campaigns),
        }
        # What is counted are people: a sum of impressions would cost rows under encryption.
        fields |= {"max_impressions": 0} if self.template == REACH else {}
        return JobSection.model_validate(
            {"name": name, "template": self.template, "brand": brand, "platform": platform}
            | {key: value for key, value in (asked | fields).items() if value not in ([], None, "")}
        )


def compiled(text: str) -> Compiled:
    """Compile one SELECT; raise ``InvalidInput`` that says what cannot be asked, and what can."""
    tree = _tree(text)
    _only(tree, "expressions", "from_", "where", "group")
    template, datasets = _source(tree.args.get("from_"))
    columns, sums, aliases = _selected(tree.expressions)
    grouped = _grouped(tree.args.get("group"), aliases, tree.expressions)
    if set(grouped) != set(columns):
        _refuse("GROUP BY names the very columns that are selected beside COUNT and SUM")
    where = tree.args.get("where")
    found = Compiled(
        template=template,
        datasets=datasets,
        group_by=tuple(dict.fromkeys(columns)),
        sums=tuple(dict.fromkeys(sums)),
        where=tuple(_conditions(where.this)) if where else (),
    )
    return _reach(found) if template == REACH else found


def _reach(asked: Compiled) -> Compiled:
    """Ask for the reach of campaigns: people by one column of the platform's events.

    Conditions on that column say which campaigns count.
    """
    if len(asked.group_by) != 1 or asked.group_by[0].side != "platform":
        _refuse(f"{REACH} counts people by one column of the platform's, that of campaigns")
    if asked.sums:
        _refuse(f"{REACH} counts people: leave SUM out")
    column, where, chosen = str(asked.group_by[0]), list[str](), list[str]()
    for text in asked.where:
        one = None if text.startswith(SEGMENT) else parse([text])[0]
        if one is not None and one.column == column and one.test != "in":
            _refuse("campaigns that count are named: write = or IN")
        (chosen if one is not None and one.column == column else where).append(text)
    campaigns = parse(chosen)[0].values if chosen else ()
    return replace(asked, where=tuple(where), campaigns=campaigns)


def _refuse(why: str) -> NoReturn:
    raise InvalidInput(f"This cannot be asked in SQL: {why}.", remedy=EXAMPLE)


def _tree(text: str) -> exp.Select:
    if len(text) > LONGEST:
        _refuse(f"it has more than {LONGEST:,} characters")
    try:
        # A comment behind the last semicolon is a tree, too.
        trees = sqlglot.parse(text)
        found = [tree for tree in trees if not isinstance(tree, exp.Semicolon | None)]
    except (SqlglotError, RecursionError):
        _refuse("it is no SQL that can be read")
    if len(found) != 1 or not isinstance(found[0], exp.Select):
        _refuse("one question is one SELECT")
    return found[0]


def _only(node: exp.Expression, *known: str) -> None:
    """Refuse a node that has any part but these."""
    for name, value in node.args.items():
        if value and name not in known:
            _refuse(_INSTEAD.get(name, f"{name.strip('_').upper()} has no place here"))


def _source(source: exp.Expression | None) -> tuple[str, tuple[str, ...]]:
    """Return the template that FROM names, and the datasets in brackets behind it."""
    if source is None or not isinstance(source.this, exp.Table):
        _refuse(f"FROM names a template: {' or '.join(ASKED)}")
    table, datasets = source.this, []
    _only(source, "this")
    _only(table, "this")
    named = table.this
    if isinstance(named, exp.Anonymous):
        datasets = [_bare(one) for one in named.expressions]
    name = str(named.name)
    if name not in ASKED:
        known = " (ask it from a room file)" if name in templates() else ""
        _refuse(f"FROM names a template, {' or '.join(ASKED)}, not {inert(name)}{known}")
    if len(datasets) not in (0, 2):
        _refuse(f"{name}(BRAND, PLATFORM) names a dataset of each side")
    return name, tuple(datasets)


def _bare(node: exp.Expression) -> str:
    if not isinstance(node, exp.Column):
        _refuse("a dataset is named without quotes")
    _only(node, "this")
    return str(node.name)


def _column(node: exp.Expression | None) -> Column:
    """Return a column of a side; refuse anything else."""
    if (
        not isinstance(node, exp.Column)
        or not node.table
        or not isinstance(node.this, exp.Identifier)
    ):
        _refuse("a column is written brand.NAME or platform.NAME")
    _only(node, "this", "table")
    side = node.table.lower()
    if side not in ("brand", "platform"):
        _refuse(f"{inert(node.table)} is no side: write brand.NAME or platform.NAME")
    return Column.parse(f"{side}.{node.name}")


def _selected(
    items: Sequence[exp.Expression],
) -> tuple[list[Column], list[Column], dict[str, Column]]:
    """Return the columns, the sums, and the columns by alias."""
    columns: list[Column] = []
    sums: list[Column] = []
    aliases: dict[str, Column] = {}
    counts = 0
    for item in items:
        node, alias = (item.this, item.alias) if isinstance(item, exp.Alias) else (item, "")
        if isinstance(node, exp.Count):
            _check_count(node)
            counts += 1
        elif isinstance(node, exp.Sum):
            _only(node, "this")
            sums.append(_column(node.this))
        elif isinstance(node, exp.Avg):
            _refuse("an average is SUM through COUNT(*): ask for both")
        elif isinstance(node, exp.Column):
            columns.append(_column(node))
            aliases |= {alias: columns[-1]} if alias else {}
        else:
            _refuse("what is selected are columns, COUNT(*) and SUM(side.measure)")
    if not counts and not sums:
        _refuse("a question counts: select COUNT(*) or a SUM")
    return columns, sums, aliases


def _check_count(node: exp.Count) -> None:
    _only(node, "this", "big_int")
    counted = node.this
    one = isinstance(counted, exp.Literal) and not counted.is_string
    if not one and not (isinstance(counted, exp.Star) and not any(counted.args.values())):
        _refuse("people are counted: write COUNT(*)")


def _grouped(
    group: exp.Expression | None,
    aliases: dict[str, Column],
    items: Sequence[exp.Expression],
) -> list[Column]:
    """Return the columns of GROUP BY: by place in the SELECT, by alias or by name."""
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
            found.append(_column(node))
    return found


def _at(place: str, items: Sequence[exp.Expression]) -> Column:
    if not place.isdecimal() or not 1 <= int(place) <= len(items):
        _refuse(f"GROUP BY {inert(place)} is no place in the SELECT")
    item = items[int(place) - 1]
    return _column(item.this if isinstance(item, exp.Alias) else item)


# --- conditions


def _conditions(node: exp.Expression) -> list[str]:
    """Return the conditions that AND joins, as a question's ``where`` writes them."""
    if isinstance(node, exp.Paren):
        return _conditions(node.this)
    if isinstance(node, exp.And):
        return [*_conditions(node.this), *_conditions(node.expression)]
    if isinstance(node, exp.EQ) and _is_segment(node.this):
        return [f"{SEGMENT} = {quoted(_text(node.expression))}"]
    return [_one(node).text()]


def _is_segment(node: exp.Expression) -> bool:
    return isinstance(node, exp.Column) and not node.table and node.name.lower() == SEGMENT


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
        _refuse("an empty cell is the label 'unknown': write = 'unknown'")
    if isinstance(node, exp.GT | exp.GTE | exp.LT | exp.LTE | exp.Between):
        _refuse("labels are not numbers: have buckets declared for the column, and use = or IN")
    if isinstance(node, exp.And):
        _refuse("NOT and OR take conditions on one column")
    _refuse("a condition is =, <>, IN or NOT IN over values in single quotes")


def _listed(column: exp.Expression, values: Sequence[exp.Expression], inside: bool) -> Condition:
    named, texts = _column(column), sorted({_text(value) for value in values})
    if not texts:
        _refuse("IN has a list of values in single quotes")
    test = "in" if inside else "not in"
    return Condition.from_json({"column": str(named), "test": test, "values": texts})


def _either(one: Condition, other: Condition) -> Condition:
    if one.column != other.column or (one.test, other.test) != ("in", "in"):
        _refuse("OR joins values of one column alone: ask twice")
    return one.model_copy(update={"values": tuple(sorted({*one.values, *other.values}))})


def _text(node: exp.Expression) -> str:
    if isinstance(node, exp.Column):
        _refuse("values stand in single quotes")
    if not isinstance(node, exp.Literal) or not node.is_string:
        _refuse("labels are text: write the value in single quotes")
    return str(node.this)
