"""Everything of one question: reach frequency."""
