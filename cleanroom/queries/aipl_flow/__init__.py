"""Everything of one question: aipl flow."""
