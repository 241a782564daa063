"""Everything of one question: cross attribution."""
