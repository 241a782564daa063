"""Everything of one question: match rate."""
