"""What stands on the database, in every role."""

from __future__ import annotations

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Factory, Singleton

from referrals_adapters.postgres.engine import Engine
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_adapters.system.clock import SystemClock
from referrals_adapters.telemetry.counted_transaction import CountedTransaction
from referrals_adapters.telemetry.metrics import Metrics


class DatabaseContainer(DeclarativeContainer):
    """What stands on the database."""

    engine = Dependency(instance_of=Engine)
    metrics = Dependency(instance_of=Metrics)
    begin = Factory(CountedTransaction, Factory(PostgresTransaction, engine), metrics)
    clock = Singleton(SystemClock)
