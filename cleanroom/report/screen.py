"""Print on a terminal: whatever is printed, a stranger's text does nothing there.

Names, columns, purposes and reasons are written by other parties.  So no string is read as markup
or as an emoji code, and every character that a terminal or an eye would obey is made visible, in
one place through which all output goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.containers import Lines
from rich.segment import Segment
from rich.text import Text

from cleanroom.words.inert import breaks, plain


class Wrapped(Text):
    """Text of which no Chinese line begins or ends with a mark that does not stand there."""

    def wrap(self, console: Console, width: int, **options: Any) -> Lines:
        """Return the text in lines; where there is no Chinese, as ``rich`` breaks it."""
        lines = Lines()
        for line in self.split(allow_blank=True):
            whole = line.plain.isascii() or options.get("no_wrap")
            for part in line.divide([] if whole else breaks(line.plain, width)):
                part.rstrip()
                lines.extend(Text.wrap(part, console, width, **options))
        return lines


class Screen(Console):
    """A console of ``rich`` without markup, whose every segment is inert text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, markup=False, emoji=False, highlight=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a string as text, whatever it says; widths are taken from what is shown."""
        options |= {"markup": False, "emoji": False}
        shown = super().render_str(plain(text), **options)
        return Wrapped(
            shown.plain,
            shown.style,
            justify=shown.justify,
            overflow=shown.overflow,
            spans=shown.spans,
        )

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render; what was put into a ``Text`` by hand passes here too."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(plain(segment.text), segment.style)


errors = Screen(stderr=True)
out = Screen()


def print_line(text: object) -> None:
    """Print a line of words on standard output; it is wrapped by the terminal alone."""
    out.print(str(text), soft_wrap=True)
