"""Everything of one question: lookalike."""
