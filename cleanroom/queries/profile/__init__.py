"""Everything of one question: profile."""
