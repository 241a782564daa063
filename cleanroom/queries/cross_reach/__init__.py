"""Everything of one question: cross reach."""
