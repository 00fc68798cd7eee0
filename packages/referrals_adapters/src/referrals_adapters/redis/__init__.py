"""Redis, or Valkey, as the cache of the read path."""
