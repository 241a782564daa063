"""Everything of one question: lift."""
