"""Everything of one question: aipl."""
