"""Draw results where they are opened: on the party's own machine, from what it received."""

from __future__ import annotations

from cleanroom.drawing.canvas import to_png
from cleanroom.report.charts.choose import (
    budget_picture,
    models_picture,
    picture,
    spend_picture,
)

__all__ = ["budget_picture", "models_picture", "picture", "spend_picture", "to_png"]
