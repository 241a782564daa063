"""Everything of one question: funnel."""
