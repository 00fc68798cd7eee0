"""What the service is told by its environment: nothing else reads it."""

from __future__ import annotations

import os
from typing import Final, Self

import attrs

from referrals_adapters.grpc.settings import Neighbour
from referrals_adapters.postgres.settings import PostgresSettings
from referrals_adapters.redis.settings import RateLimitSettings, RedisSettings
from referrals_adapters.system.address import Address
from referrals_adapters.telemetry.logs import LogSettings
from referrals_adapters.wire.tls import ServerTls
from referrals_adapters.wire.variables import Variables

DEFAULT_LISTEN: Final = "127.0.0.1:50051"  # out of the world's reach until somebody says otherwise


@attrs.frozen(kw_only=True)
class Settings:
    """
    What the service needs to know.

    Args:
        listen: Where it listens.
        tls: How connections to it are encrypted, if they are to be.
        database: The database.
        replica: Who tells statuses while the database is away, if anybody.
        redis: The cache, and who holds the limits.
        limits: How often callers may call.
        auth: Auth, which is asked in the callers' names.
        public_url: Where friends reach the gateway; the URLs of links begin so.
        metrics: Where Prometheus may ask, if anywhere.
        reflection: Whether anybody may ask which services there are, and for their schemas.
        aio: Whether to serve by `grpc.aio` in place of our own server.
    """

    listen: Address
    tls: ServerTls | None
    database: PostgresSettings
    replica: PostgresSettings | None
    redis: RedisSettings
    limits: RateLimitSettings
    auth: Neighbour
    public_url: str
    metrics: Address | None
    reflection: bool
    aio: bool

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read the addresses, two switches of ours and the adapters' settings.

        Raises:
            SettingsError: A variable is missing or cannot be read.
        """
        return cls(
            listen=Address.read(variables, "REFERRALS_GRPC_LISTEN", default=DEFAULT_LISTEN),
            tls=ServerTls.read(variables, "REFERRALS_GRPC_TLS"),
            database=PostgresSettings.read(variables),
            replica=PostgresSettings.read_replica(variables),
            redis=RedisSettings.read(variables),
            limits=RateLimitSettings.read(variables),
            auth=Neighbour.auth(variables),
            public_url=variables.url("REFERRALS_PUBLIC_URL"),
            metrics=Address.read_optional(variables, "REFERRALS_METRICS_LISTEN"),
            reflection=variables.switch("REFERRALS_GRPC_REFLECTION"),
            aio=variables.switch("REFERRALS_GRPC_AIO"),
        )

    @classmethod
    def of_environment(cls) -> Self:
        """
        Read the environment of this process.

        Raises:
            SettingsError: A variable is missing or cannot be read.
        """
        return cls.read(Variables(os.environ))


def log_settings() -> LogSettings:
    """
    Read how to log from the environment of this process.

    Raises:
        SettingsError: A variable cannot be read.
    """
    return LogSettings.read(Variables(os.environ))
