"""Everything that is stored, in PostgreSQL: SQLAlchemy Core on asyncpg, no ORM."""
