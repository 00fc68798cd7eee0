"""A running sandbox to which everybody wrote canaries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import attrs
import pytest

from referrals_adapters.postgres.settings import PostgresSettings
from referrals_sandbox.composition.running import running
from referrals_sandbox.servers.ports import LOOPBACK, free_port
from tests.privacy.scan import Places
from tests.privacy.story import Told, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from referrals_sandbox.composition.sandbox import Sandbox
    from referrals_sandbox.servers.child import Child


@pytest.fixture(scope="package")
def metrics() -> list[str]:
    """Where the services tell their metrics: gRPC, webhook, and its relay, one port on."""
    grpc, webhook = free_port(), free_port()
    return [f"{LOOPBACK}:{port}" for port in (grpc, webhook, webhook + 1)]


@pytest.fixture(scope="package")
def sandbox(metrics: list[str]) -> Iterator[Sandbox]:
    """The real services, with the gateway before them, that tell their metrics."""
    with running() as sandbox:
        grpc, webhook, _ = metrics
        services = (sandbox.grpc_service.process, sandbox.webhook_service.process)
        with ThreadPoolExecutor() as threads:
            list(threads.map(_start_again, services, (grpc, webhook)))
        yield sandbox


@pytest.fixture(scope="package")
def told(sandbox: Sandbox) -> Told:
    """What happened, once all of it was worked off."""
    return tell(sandbox)


@pytest.fixture(scope="package")
def places(sandbox: Sandbox, metrics: list[str]) -> Places:
    """Everywhere that the sandbox leaves something."""
    database = sandbox.servers.database
    return Places(
        database=PostgresSettings(
            host=database.host,
            port=database.port,
            name=database.name,
            user=database.owner,
            password=database.owner_password,
        ),
        redis=sandbox.redis_url,
        kafka=sandbox.kafka,
        logs=[child.log for child in sandbox.servers.supervisor.children()],
        metrics=[f"http://{address}/metrics" for address in metrics],
    )


def _start_again(service: Child, metrics: str) -> None:
    service.stop()
    environment = {**service.command.environment, "REFERRALS_METRICS_LISTEN": metrics}
    service.command = attrs.evolve(service.command, environment=environment)
    service.start()
