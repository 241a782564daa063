"""Everything of one question: health."""
