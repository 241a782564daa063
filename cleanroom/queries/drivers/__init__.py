"""Everything of one question: drivers."""
