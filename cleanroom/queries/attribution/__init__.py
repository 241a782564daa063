"""Everything of one question: attribution."""
