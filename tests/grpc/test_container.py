"""The service is put together of parts that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dependency_injector.errors import Error

from referrals_adapters.grpc.calls import Pace
from referrals_adapters.grpc.merchant_validator import GrpcMerchantValidator
from referrals_adapters.postgres.coalesced import CoalescedStatuses
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_adapters.redis.pipelined import PipelinedCommands
from referrals_adapters.redis.rate_limits import RedisRateLimits
from referrals_adapters.redis.status_cache import RedisStatusCache
from referrals_adapters.telemetry.counted import CountedStatusCache
from referrals_adapters.telemetry.counted_transaction import CountedTransaction
from referrals_adapters.telemetry.metrics import Metrics
from referrals_adapters.wire.variables import Variables
from referrals_domain.model.limit import Limit
from referrals_grpc.container import Container, running
from referrals_grpc.serve import served
from referrals_grpc.settings import Settings
from tests.garbage import is_settled, searched_often

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NOBODY_LISTENS = {
    "AUTH_GRPC_TARGET": "127.0.0.1:1",
    "AUTH_GRPC_SERVICE": "auth.v1",
    "REFERRALS_DB_HOST": "127.0.0.1",
    "REFERRALS_DB_PORT": "1",
    "REFERRALS_DB_USER": "referrals",
    "REFERRALS_DB_PASSWORD": "secret",
    "REFERRALS_DB_REPLICA_HOST": "127.0.0.1",
    "REFERRALS_PUBLIC_URL": "https://go.example",
    "REFERRALS_REDIS_HOST": "127.0.0.1",
    "REFERRALS_REDIS_PORT": "1",
}
PACE = Pace(timeout=0.5)
OF_ONE_CALLER = {"validator"}
"""The providers that need a caller's token."""


@pytest.fixture
async def container() -> AsyncIterator[Container]:
    async with running(Settings.read(Variables(NOBODY_LISTENS)), Metrics()) as container:
        yield container


@pytest.mark.parametrize("name", sorted(Container.providers.keys() - OF_ONE_CALLER))
async def test_every_provider_builds(container: Container, name: str) -> None:
    assert getattr(container, name)() is not None


async def test_the_parts_are_the_real_ones(container: Container) -> None:
    use_cases = container.servicer().do
    begun, cache = use_cases.get_program.begin(), use_cases.get_referral_status.cache
    assert isinstance(begun, CountedTransaction)
    assert isinstance(begun.transaction, PostgresTransaction)
    assert isinstance(cache, CountedStatusCache)
    assert isinstance(cache.cache, RedisStatusCache)
    assert isinstance(cache.cache.commands, PipelinedCommands)
    assert isinstance(use_cases.get_referral_status.statuses, CoalescedStatuses)
    assert isinstance(container.interceptors()[-1].limits, RedisRateLimits)
    assert container.limits().caller == Limit(2_000)
    validator = container.access().validator("Bearer of-the-caller", pace=PACE)
    assert isinstance(validator, GrpcMerchantValidator)
    assert (validator.authorization, validator.service) == ("Bearer of-the-caller", "auth.v1")
    assert validator.pace is PACE


async def test_the_use_cases_and_what_they_share_exist_once(container: Container) -> None:
    assert container.servicer() is container.servicer()
    assert container.cache() is container.servicer().do.get_referral_status.cache
    assert container.interceptors()[-1].access is container.access()


def test_a_part_of_another_kind_is_refused() -> None:
    container = Container(pool=object(), redis=object(), auth_channel="x", auth_service="y")
    with pytest.raises(Error, match="is not an instance of"):
        container.auth_channel()


def test_a_part_that_is_missing_is_named() -> None:
    with pytest.raises(Error, match=r"auth_channel.*is not defined"):
        Container().auth_channel()


async def test_once_it_serves_what_is_there_is_not_searched_for_garbage_any_more() -> None:
    settings = Settings.read(Variables({**NOBODY_LISTENS, "REFERRALS_GRPC_LISTEN": "[::1]:0"}))
    with searched_often():
        async with served(settings) as address:
            assert address.port
            assert is_settled()
