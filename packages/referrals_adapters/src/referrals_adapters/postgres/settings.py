"""How to reach the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import attrs
from sqlalchemy import URL

from referrals_adapters.wire.variables import masked

if TYPE_CHECKING:
    from referrals_adapters.wire.variables import Variables

DEFAULT_PORT: Final = 5434
DEFAULT_NAME: Final = "referrals_db"


@attrs.frozen(kw_only=True)
class PostgresSettings:
    """
    How to reach the database.

    Args:
        host: The host of the server.
        port: Its TCP port.
        name: The database.
        user: A member of the role `referrals_services` or `referrals_merchant`; to migrate, the
            tables' owner.
        password: The role's password; never shown.
    """

    host: str
    port: int = DEFAULT_PORT
    name: str = DEFAULT_NAME
    user: str
    password: str = attrs.field(repr=masked)

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read `REFERRALS_DB_HOST`, `_PORT`, `_NAME`, `_USER` and `_PASSWORD`.

        Raises:
            SettingsError: One is missing or cannot be read.
        """
        return cls(
            host=variables.text("REFERRALS_DB_HOST"),
            port=variables.port("REFERRALS_DB_PORT", default=DEFAULT_PORT),
            name=variables.text("REFERRALS_DB_NAME", default=DEFAULT_NAME),
            user=variables.text("REFERRALS_DB_USER"),
            password=variables.text("REFERRALS_DB_PASSWORD"),
        )

    @classmethod
    def read_replica(cls, variables: Variables) -> Self | None:
        """
        Read `REFERRALS_DB_REPLICA_HOST` and `_REPLICA_PORT`; all else is as for the primary.

        Returns:
            How to reach the replica; None if there is none.

        Raises:
            SettingsError: A variable is missing or cannot be read.
        """
        host = variables.text("REFERRALS_DB_REPLICA_HOST", default="")
        if not host:
            return None
        primary = cls.read(variables)
        port = variables.port("REFERRALS_DB_REPLICA_PORT", default=primary.port)
        return attrs.evolve(primary, host=host, port=port)

    @property
    def url(self) -> URL:
        """The address for SQLAlchemy; its text masks the password."""
        return URL.create(
            "postgresql+asyncpg",
            username=self.user,
            password=self.password,
            host=self.host,
            port=self.port,
            database=self.name,
        )
