"""Adapters for the ports of the domain."""
