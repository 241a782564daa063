"""Draw results where they are opened: on the party's own machine, from what it received."""

from __future__ import annotations

from cleanroom.drawing.canvas import to_png
from cleanroom.drawing.sheets import NARROW, WIDE, Sheet
from cleanroom.report.charts.choose import (
    budget_picture,
    models_picture,
    picture,
    spend_picture,
)

__all__ = [
    "NARROW",
    "WIDE",
    "Sheet",
    "budget_picture",
    "models_picture",
    "picture",
    "spend_picture",
    "to_png",
]
