"""In-memory adapters, builders, and one contract suite a port, for tests of ours and of others."""
