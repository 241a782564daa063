"""What may happen in a room and what it costs: the rules that everybody in it checks."""
