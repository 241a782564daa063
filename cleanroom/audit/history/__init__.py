"""Live a room's log again, entry by entry: nothing may take effect that had no right to."""

from cleanroom.audit.history.history import History

__all__ = ["History"]
