"""Adapters that keep everything in memory, with real rollback and real isolation."""
