"""Write an answer to a file: a picture or a table, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cleanroom.errors import InvalidInput
from cleanroom.files import refuse_to_replace, write_file
from cleanroom.report import Language
from cleanroom.spreadsheets import write_csv
from cleanroom.words.table import spreadsheet

PICTURE_ENDINGS = (".svg", ".png")
TABLE_ENDINGS = (".csv",)


def check_file(path: Path | None, endings: tuple[str, ...], overwrite: bool = False) -> None:
    """Refuse another ending, a folder that is not there, and what is there already.

    ``overwrite`` lets it be replaced.  Raises ``InvalidInput``, before anything is done.
    """
    if path is None:
        return
    if path.suffix.lower() not in endings:
        raise InvalidInput(f"{path.name} does not end with {' or '.join(endings)}.")
    if not path.parent.is_dir():
        raise InvalidInput(f"There is no folder {path.parent}.")
    refuse_to_replace(path, overwrite)


def save_picture(result: Mapping[str, Any], path: Path, language: Language) -> None:
    """Draw a result into an SVG or PNG file that its owner alone can read."""
    from cleanroom.report.charts import picture  # noqa: PLC0415 (slow to import)

    save_svg(picture(result, language), path)


def save_models(
    names: Sequence[str], results: Sequence[Mapping[str, Any]], path: Path, language: Language
) -> None:
    """Draw several models side by side into an SVG or PNG file."""
    from cleanroom.report.charts import models_picture  # noqa: PLC0415 (slow to import)

    save_svg(models_picture(results, language, names), path)


def save_spend(plan: Mapping[str, Any], path: Path, language: Language) -> None:
    """Draw a plan of spending into an SVG or PNG file."""
    from cleanroom.report.charts import spend_picture  # noqa: PLC0415 (slow to import)

    save_svg(spend_picture(plan, language), path)


def save_svg(svg: str, path: Path) -> None:
    """Write a picture as what its file's name ends with: SVG, or PNG."""
    from cleanroom.report.charts import to_png  # noqa: PLC0415 (slow to import)

    write_file(path, to_png(svg) if path.suffix.lower() == ".png" else svg.encode("utf-8"))


def save_table(result: Mapping[str, Any], path: Path) -> None:
    """Write the groups of a result as CSV: every number with its deviation and its bounds."""
    header, rows = spreadsheet(result)
    write_csv(path, header, rows)
