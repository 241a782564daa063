"""The brand's server that answers a platform's questions about individual people."""
