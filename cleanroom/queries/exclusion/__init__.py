"""Everything of one question: exclusion."""
