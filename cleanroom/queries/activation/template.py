"""Send the matched people to the platform as an audience."""

from __future__ import annotations

from cleanroom.queries.activating import Activating


class Activation(Activating):
    """Let the platform address the people that both sides know."""

    name = "activation"
    deed = "can now address"
    deed_chinese = "现可触达"


TEMPLATE = Activation()
