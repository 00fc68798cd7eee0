"""
The history of the schema; Alembic runs it.

To change the schema, change `tables.py`, add a revision to `versions` with its way up and its way
down, and let `tests/postgres/test_migrations.py` compare the two. Old services still run while
new tables come up, so take a column away only after a release that no longer knows it.
"""
