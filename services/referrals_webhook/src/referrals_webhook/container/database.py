"""What stands on the database, in every role."""

from __future__ import annotations

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Factory, Singleton

from referrals_adapters.postgres.intake import PostgresIntake
from referrals_adapters.postgres.pool import Pool
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_adapters.system.clock import SystemClock
from referrals_adapters.telemetry.counted_transaction import CountedTransaction
from referrals_adapters.telemetry.metrics import Metrics
from referrals_domain.use_cases.accept_deliveries import AcceptDeliveries


class DatabaseContainer(DeclarativeContainer):
    """What stands on the database."""

    pool = Dependency(instance_of=Pool)
    metrics = Dependency(instance_of=Metrics)
    begin = Factory(CountedTransaction, Factory(PostgresTransaction, pool), metrics)
    intake = Singleton(PostgresIntake, pool)
    accept_deliveries = Singleton(AcceptDeliveries, begin=begin.provider, intake=intake)
    clock = Singleton(SystemClock)
