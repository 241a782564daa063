"""Print previews and results for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from cleanroom.cli.common import out


def print_result(result: Mapping[str, Any]) -> None:
    """Print a result as one sentence, a table and what was left out."""
    out.print(Text(str(result["sentence"]), style="bold"))
    groups = list(result.get("groups", ()))
    if groups:
        out.print(_table(result, groups))
    for line in _notes(result):
        out.print(Text(line, style="dim"))


def _table(result: Mapping[str, Any], groups: list[Mapping[str, Any]]) -> Table:
    keys = list(groups[0]["key"])
    numbers = [name for name, value in groups[0].items() if _is_number(name, value)]
    sums = list(groups[0].get("sums", {}))
    table = Table(title=Text(str(result["name"])))
    for name in keys:
        table.add_column(name)
    for name in (*numbers, *sums):
        table.add_column(name.replace("_", " "), justify="right")
    rows = [(tuple(map(str, group["key"].values())), group) for group in groups]
    filler = ("",) * max(0, len(keys) - 1)
    if result.get("other"):
        rows.append((("other", *filler) if keys else (), result["other"]))
    rows.append((("total", *filler) if keys else (), result["total"]))
    for labels, group in rows:
        cells = [_cell(group, name) for name in numbers]
        cells += [_amount(group, name) for name in sums]
        table.add_row(*(Text(label) for label in labels), *cells)
    return table


def _is_number(name: str, value: Any) -> bool:
    return isinstance(value, int | float) and not name.endswith("_sd")


def _cell(group: Mapping[str, Any], name: str) -> str:
    if name not in group or group[name] is None:
        return ""
    value = group[name]
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"
    interval = group.get(f"{name}_interval")
    return text if interval is None else f"{text} ({interval[0]:,.0f} to {interval[1]:,.0f})"


def _amount(group: Mapping[str, Any], name: str) -> str:
    if name not in group.get("sums", {}):
        return ""
    text = f"{group['sums'][name]:,.2f}"
    interval = group.get("sums_interval", {}).get(name)
    return text if interval is None else f"{text} ({interval[0]:,.0f} to {interval[1]:,.0f})"


def _notes(result: Mapping[str, Any]) -> list[str]:
    privacy, suppressed = result["privacy"], result["suppressed"]
    notes = []
    if suppressed["groups"]:
        rules = ", ".join(
            f"{rule['groups']} by {rule['rule']} (needs {rule['needed']})"
            for rule in suppressed["rules"]
        )
        notes.append(f"Not shown by themselves: {suppressed['groups']} groups: {rules}.")
    if privacy["noise"] == "none":
        notes.append("A rehearsal: no noise, nothing here is private.")
    else:
        notes.append(
            f"Noise {privacy['noise']}, smallest group {privacy['k']} (shown from "
            f"{privacy['tau']}), spent rho {privacy['rho']:g}, left {privacy['rho_left']:g}."
        )
    return notes


def print_preview(preview: Mapping[str, Any]) -> None:
    """Print what a question would cost and show."""
    table = Table("before asking", "", show_header=False)
    for name, value in preview.items():
        if isinstance(value, str | int | float):
            table.add_row(name.replace("_", " "), str(value))
    out.print(table)
    leaks = Table("what", "brand", "platform", "mediator", title="Who learns what")
    for leak in preview["leaks"]:
        leaks.add_row(*(leak[key] for key in ("what", "brand", "platform", "mediator")))
    out.print(leaks)
