"""The mediator's use cases, one file per noun.  They know no HTTP; SQL and files are in store."""

from cleanroom.mediator.mediator import Mediator

__all__ = ["Mediator"]
