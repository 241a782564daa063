"""Everything of one question: joint activation."""
