"""All servers, running."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import attrs

from referrals_sandbox.servers import kafka, outside, postgres, valkey
from referrals_sandbox.servers.kafka import Kafka
from referrals_sandbox.servers.postgres import Database
from referrals_sandbox.servers.supervisor import Supervisor, supervising
from referrals_sandbox.servers.valkey import Redis

_NOTHING: Mapping[str, str] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Servers:
    """
    The servers that the services stand on, and the supervisor for everything else.

    Args:
        database: PostgreSQL.
        redis: Valkey.
        kafka: The broker.
        supervisor: Starts services and neighbours.
    """

    database: Database
    redis: Redis
    kafka: Kafka
    supervisor: Supervisor

    @property
    def work_dir(self) -> Path:
        """The folder for the sandbox's files; it is removed at the end."""
        return self.supervisor.work_dir

    def environment(self) -> dict[str, str]:
        """Return the settings by which the webhook service finds these servers."""
        return {
            "REFERRALS_DB_HOST": self.database.host,
            "REFERRALS_DB_PORT": str(self.database.port),
            "REFERRALS_DB_NAME": self.database.name,
            "REFERRALS_DB_USER": self.database.user,
            "REFERRALS_DB_PASSWORD": self.database.password,
            "REFERRALS_REDIS_HOST": self.redis.host,
            "REFERRALS_REDIS_PORT": str(self.redis.port),
            "KAFKA_BROKER": self.kafka.address,
        }

    def grpc_environment(self) -> dict[str, str]:
        """Return the settings by which the gRPC service finds these servers."""
        return {
            **self.environment(),
            "REFERRALS_DB_USER": self.database.grpc_user,
            "REFERRALS_DB_PASSWORD": self.database.grpc_password,
        }

    def owner_environment(self) -> dict[str, str]:
        """Return the settings by which the schema is brought up."""
        return {
            **self.environment(),
            "REFERRALS_DB_USER": self.database.owner,
            "REFERRALS_DB_PASSWORD": self.database.owner_password,
        }


@contextmanager
def running(
    *,
    settings: Mapping[str, str] = _NOTHING,
    database_port: int | None = None,
    redis_port: int | None = None,
    postgres_settings: Mapping[str, str] = _NOTHING,
) -> Iterator[Servers]:
    """
    Run all servers; at the end nothing of them is left.

    It blocks for about a second, so asynchronous code enters it as it is.

    Args:
        settings: As in the environment of a service; a server that they name is used instead
            of one of the sandbox's own: `REFERRALS_DB_HOST`, `REFERRALS_REDIS_HOST` and
            `KAFKA_BROKER`, with what belongs to them. `REFERRALS_DB_OWNER`, with its
            `_PASSWORD`, brings the schema up, and `REFERRALS_DB_GRPC_USER`, with its
            `_PASSWORD`, is the gRPC service; where one is not set, the services' user does it.
        database_port: Where PostgreSQL is to listen; on a free port if None.
        redis_port: Where Valkey is to listen; on a free port if None.
        postgres_settings: More lines for `postgresql.conf`; `fsync` and
            `synchronous_commit` are on.

    Raises:
        SandboxError: A server is missing, does not come up or does not answer.
    """
    given_database = outside.database(settings)
    given_redis = outside.redis(settings)
    given_kafka = outside.kafka(settings)
    with supervising() as supervisor:
        # PostgreSQL takes longest; the others come up meanwhile.
        begun = given_database or postgres.launch(
            supervisor, port=database_port, settings=postgres_settings
        )
        yield Servers(
            redis=given_redis or valkey.start(supervisor, port=redis_port),
            kafka=given_kafka or kafka.start(supervisor),
            database=begun if isinstance(begun, Database) else begun(),
            supervisor=supervisor,
        )
