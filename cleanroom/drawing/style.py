"""One look for all pictures: one typeface, one accent, light and dark that survive a copier.

Nothing relies on hue: what differs, differs in lightness and carries its own label.
"""

from __future__ import annotations

from typing import Any, Final

INK: Final = "#1c2127"
SOFT: Final = "#5a636e"
HAIR: Final = "#dde1e6"
PALE: Final = "#c5ccd4"
MIDDLE: Final = "#8b96a3"
ACCENT: Final = "#0b5394"
PAPER: Final = "#ffffff"
SHADES: Final = (ACCENT, PALE, MIDDLE, INK, HAIR)
"""Fills of things side by side; neighbours differ in lightness."""

FONTS: Final = (
    "Inter, 'Noto Sans', 'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', "
    "'Microsoft YaHei', 'WenQuanYi Micro Hei', 'DejaVu Sans', sans-serif"
)
"""Fonts of the reader's machine, first come first served: none is fetched or embedded."""

MEASURED: Final = "'Noto Sans', 'DejaVu Sans', sans-serif"
"""Fonts by which a picture is laid out here: one with all of Chinese takes twice as long."""

LABELS: Final = 176
"""Pixels left of a plot, for labels."""
PLOT: Final = 372
"""Pixels of a plot."""
NUMBERS: Final = 236
"""Pixels right of a plot, for aligned numbers."""
TEXT_COLUMNS: Final = 112
"""Columns of text that fit the whole width."""

CONFIG: Final[dict[str, Any]] = {
    "background": PAPER,
    "padding": {"left": 20, "right": 20, "top": 18, "bottom": 16},
    "font": MEASURED,
    "view": {"stroke": None},
    "aria": True,
    "axis": {
        "domain": False,
        "ticks": False,
        "gridColor": HAIR,
        "labelColor": SOFT,
        "labelFontSize": 11,
        "labelPadding": 6,
        "titleColor": SOFT,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "tickCount": 5,
    },
    "text": {"color": INK, "fontSize": 12},
    "concat": {"spacing": 14},
}
