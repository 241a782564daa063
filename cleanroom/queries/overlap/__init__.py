"""Everything of one question: overlap."""
