"""How values are written down: as JSON in the database, in the cache and on the broker."""
