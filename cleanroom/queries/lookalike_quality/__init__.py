"""Everything of one question: lookalike quality."""
