"""Everything of one question: sequence."""
