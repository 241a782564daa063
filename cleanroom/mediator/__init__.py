"""The mediator's use cases, one file per noun.  They know no HTTP, no SQL and no file."""

from cleanroom.mediator.mediator import Mediator

__all__ = ["Mediator"]
