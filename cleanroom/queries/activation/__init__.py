"""Everything of one question: activation."""
