"""Contract types of import-linter, for us and for who uses this library (extra: layering)."""
