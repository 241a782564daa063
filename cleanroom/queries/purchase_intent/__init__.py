"""Everything of one question: purchase intent."""
