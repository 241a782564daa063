"""Everything of one question: basket."""
