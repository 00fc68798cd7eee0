"""Servers of one's own, named by the settings of the services."""

from collections.abc import Mapping
from pathlib import Path

from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.kafka import Kafka
from referrals_sandbox.servers.kept_kafka import KeptKafka
from referrals_sandbox.servers.ports import answers
from referrals_sandbox.servers.postgres import NAME, Database
from referrals_sandbox.servers.valkey import Redis

Settings = Mapping[str, str]


def database(settings: Settings) -> Database | None:
    """
    Return the data base that `REFERRALS_DB_HOST` names, if it does.

    Raises:
        SandboxError: The user is missing, the port is no number, or nothing answers there.
    """
    host = settings.get("REFERRALS_DB_HOST")
    if not host:
        return None
    user = settings.get("REFERRALS_DB_USER")
    if not user:
        raise SandboxError("REFERRALS_DB_HOST is set but REFERRALS_DB_USER is not; set it too")
    password = settings.get("REFERRALS_DB_PASSWORD", "")
    grpc_user = settings.get("REFERRALS_DB_GRPC_USER")
    owner = settings.get("REFERRALS_DB_OWNER")
    port = _port(settings, "REFERRALS_DB_PORT", 5434)
    _require_answer("REFERRALS_DB_HOST", host, port)
    return Database(
        host=host,
        port=port,
        name=settings.get("REFERRALS_DB_NAME") or NAME,
        user=user,
        password=password,
        grpc_user=grpc_user or user,
        grpc_password=settings.get("REFERRALS_DB_GRPC_PASSWORD", "") if grpc_user else password,
        owner=owner or user,
        owner_password=settings.get("REFERRALS_DB_OWNER_PASSWORD", "") if owner else password,
    )


def redis(settings: Settings) -> Redis | None:
    """
    Return the server that `REFERRALS_REDIS_HOST` names, if it does.

    Raises:
        SandboxError: The port is no number, or nothing answers there.
    """
    host = settings.get("REFERRALS_REDIS_HOST")
    if not host:
        return None
    port = _port(settings, "REFERRALS_REDIS_PORT", 6379)
    _require_answer("REFERRALS_REDIS_HOST", host, port)
    return Redis(host=host, port=port)


def kafka(settings: Settings) -> Kafka | None:
    """
    Return the broker that `KAFKA_BROKER` names, if it does.

    It may be killed if `KAFKA_BROKER_PID_FILE` names a file with its process id: whoever says so
    starts it again.

    Raises:
        SandboxError: It is not `host:port`, or nothing answers there.
    """
    address = settings.get("KAFKA_BROKER")
    if not address:
        return None
    host, _, port = address.partition(",")[0].rpartition(":")
    if not host:
        raise SandboxError(f"KAFKA_BROKER is {address!r}; write it as host:port")
    _require_answer("KAFKA_BROKER", host.strip("[]"), _number("KAFKA_BROKER", port))
    pid_file = settings.get("KAFKA_BROKER_PID_FILE")
    if pid_file:
        return KeptKafka(address=address, pid_file=Path(pid_file))
    return Kafka(address=address)


def _port(settings: Settings, name: str, default: int) -> int:
    return _number(name, settings.get(name) or str(default))


def _number(name: str, text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) < 65_536:  # noqa: PLR2004 - TCP
        raise SandboxError(f"{name} has {text!r} for a port; write a number from 1 to 65535")
    return int(text)


def _require_answer(name: str, host: str, port: int) -> None:
    if not answers(host, port):
        raise SandboxError(
            f"nothing answers on {host}:{port}, which {name} names; "
            f"start that server, or unset {name} to use the sandbox's own"
        )
