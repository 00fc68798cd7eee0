"""Bring the schema up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config

from referrals_adapters.postgres import migrations
from referrals_adapters.postgres.engine import open_engine
from referrals_adapters.postgres.errors import domain_errors, schema_errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.runtime.migration import MigrationInfo
    from sqlalchemy import Connection

    from referrals_adapters.postgres.settings import PostgresSettings

_APPLICATION: Final = "referrals-migrate"


async def migrate(settings: PostgresSettings, revision: str = "head") -> list[str]:
    """
    Bring the schema up to a revision, and return which revisions that took.

    Others that do the same at once wait and find it so.

    Args:
        settings: The database.
        revision: The revision; "head" is the newest.

    Raises:
        Unavailable: The database is away, or a table was locked for more than a second;
            nothing was changed.
    """
    return await _run(settings, lambda config: command.upgrade(config, revision))


async def downgrade(settings: PostgresSettings, revision: str = "base") -> None:
    """
    Take the schema back to a revision; "base" is before the first: every table is dropped.

    Raises:
        Unavailable: As `migrate`.
    """
    await _run(settings, lambda config: command.downgrade(config, revision))


async def _run(settings: PostgresSettings, step: Callable[[Config], None]) -> list[str]:
    """Do a step, and return the revisions that were applied."""
    applied: list[str] = []

    def note(*, step: MigrationInfo, **_: object) -> None:
        applied.append(str(step.up_revision_id))

    def with_connection(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__path__[0])))
        config.attributes["connection"] = connection
        config.attributes["on_version_apply"] = note
        step(config)

    async with open_engine(settings, application=_APPLICATION, answer_within=None) as engine:
        with domain_errors(), schema_errors():
            async with engine.begin() as connection:
                await connection.run_sync(with_connection)
    return applied
