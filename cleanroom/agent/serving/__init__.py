"""Serve labels of single people to a platform's servers, and ask for them."""
