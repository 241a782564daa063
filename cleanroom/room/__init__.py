"""What may happen to a room and to all that is in it, and what it costs: one set of rules."""
