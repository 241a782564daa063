"""Everything of one question: channel flow."""
