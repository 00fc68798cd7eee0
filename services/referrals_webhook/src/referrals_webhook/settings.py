"""What the service is told: the one place that reads the environment."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Final, Self

import attrs

from referrals_adapters.grpc.settings import NeighbourSettings
from referrals_adapters.kafka.settings import KafkaSettings
from referrals_adapters.postgres.settings import PostgresSettings
from referrals_adapters.redis.settings import RedisSettings
from referrals_adapters.shopify.admin_settings import AdminSettings
from referrals_adapters.shopify.settings import ShopifySettings
from referrals_adapters.system.address import Address
from referrals_adapters.wire.variables import Variables

METRICS_LISTEN: Final = "REFERRALS_METRICS_LISTEN"
_DEFAULT_LISTEN: Final = "127.0.0.1:8080"


@attrs.frozen(kw_only=True)
class HttpSettings:
    """
    What the http role needs.

    Args:
        listen: Where it listens.
        database: Where deliveries are stored.
        shopify: The secrets that webhooks are signed with.
    """

    listen: Address
    database: PostgresSettings
    shopify: ShopifySettings

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read `REFERRALS_WEBHOOK_LISTEN` (127.0.0.1:8080), the database's and Shopify's variables.

        Raises:
            SettingsError: One is missing or cannot be read.
        """
        return cls(
            listen=Address.read(variables, "REFERRALS_WEBHOOK_LISTEN", default=_DEFAULT_LISTEN),
            database=PostgresSettings.read(variables),
            shopify=ShopifySettings.read(variables),
        )


@attrs.frozen(kw_only=True)
class WorkerSettings:
    """
    What the worker role needs.

    Args:
        database: Where deliveries come from and outcomes go.
        redis: The cache of statuses.
        neighbours: Auth and Core, and the worker's own token.
    """

    database: PostgresSettings
    redis: RedisSettings
    neighbours: NeighbourSettings

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read the variables of the database, Redis, Auth and Core.

        Raises:
            SettingsError: One is missing or cannot be read.
        """
        return cls(
            database=PostgresSettings.read(variables),
            redis=RedisSettings.read(variables),
            neighbours=NeighbourSettings.read(variables),
        )


@attrs.frozen(kw_only=True)
class RelaySettings:
    """
    What the relay role needs.

    Args:
        database: Where the outbox is.
        kafka: Where events go.
    """

    database: PostgresSettings
    kafka: KafkaSettings

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read the variables of the database and Kafka.

        Raises:
            SettingsError: One is missing or cannot be read.
        """
        return cls(database=PostgresSettings.read(variables), kafka=KafkaSettings.read(variables))


_SWEPT_EVERY: Final = 900  # seconds


@attrs.frozen(kw_only=True)
class ReconcileSettings:
    """
    What the reconcile role needs.

    Args:
        database: What came.
        redis: Where the budget of what may be asked is shared.
        shopify: The secret from which the keys of addresses are made.
        admin: Shopify's Admin API.
        public_url: Where Shopify posts webhooks.
        every: How long the role waits after it swept all shops.
    """

    database: PostgresSettings
    redis: RedisSettings
    shopify: ShopifySettings
    admin: AdminSettings
    public_url: str
    every: timedelta

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read the variables of the database, Redis and Shopify, and two of the role's own.

        They are `REFERRALS_PUBLIC_URL`, and `REFERRALS_RECONCILE_SECONDS`, by default 900.

        Raises:
            SettingsError: One is missing or cannot be read.
        """
        return cls(
            database=PostgresSettings.read(variables),
            redis=RedisSettings.read(variables),
            shopify=ShopifySettings.read(variables),
            admin=AdminSettings.read(variables),
            public_url=variables.url("REFERRALS_PUBLIC_URL"),
            every=timedelta(
                seconds=variables.number("REFERRALS_RECONCILE_SECONDS", default=_SWEPT_EVERY)
            ),
        )


def environment() -> Variables:
    """Return the variables of this process's environment."""
    return Variables(os.environ)


def metrics_listen(variables: Variables) -> Address | None:
    """
    Read `REFERRALS_METRICS_LISTEN`: where Prometheus may ask, if anywhere.

    Raises:
        SettingsError: It is no address.
    """
    return Address.read_optional(variables, METRICS_LISTEN)


def environment_of_child(variables: Variables) -> dict[str, str]:
    """
    Return the environment of a process beside this one: Prometheus asks it one port further.

    Raises:
        SettingsError: A variable cannot be read.
    """
    listen = metrics_listen(variables)
    own = {METRICS_LISTEN: str(listen.next(1))} if listen else {}
    return {**variables.values, **own}
