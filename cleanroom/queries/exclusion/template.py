"""Send the matched people to the platform as those whom a campaign leaves out."""

from __future__ import annotations

from cleanroom.queries.activating import Activating


class Exclusion(Activating):
    """Let the platform leave out the people that both sides know: the mirror of activation."""

    name = "exclusion"
    deed = "will now leave out"
    deed_chinese = "现将排除"


TEMPLATE = Exclusion()
