"""How to reach the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import attrs

from referrals_adapters.wire.renewing import encrypting
from referrals_adapters.wire.secret import Secret
from referrals_adapters.wire.tls import ClientTls

if TYPE_CHECKING:
    from ssl import SSLContext

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
        tls: How connections are encrypted, if they are to be.
    """

    host: str
    port: int = DEFAULT_PORT
    name: str = DEFAULT_NAME
    user: str
    password: Secret = attrs.field(converter=Secret)
    tls: ClientTls | None = None

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read `REFERRALS_DB_HOST`, `_PORT`, `_NAME`, `_USER`, `_PASSWORD`, and the TLS files.

        Raises:
            SettingsError: One is missing or cannot be read.
        """
        return cls(
            host=variables.text("REFERRALS_DB_HOST"),
            port=variables.port("REFERRALS_DB_PORT", default=DEFAULT_PORT),
            name=variables.text("REFERRALS_DB_NAME", default=DEFAULT_NAME),
            user=variables.text("REFERRALS_DB_USER"),
            password=variables.secret("REFERRALS_DB_PASSWORD"),
            tls=ClientTls.read(variables, "REFERRALS_DB_TLS"),
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
    def ssl_context(self) -> SSLContext | None:
        """What encrypts connections; None: asyncpg does, unverified, if the server can."""
        return encrypting(self.tls) if self.tls else None
