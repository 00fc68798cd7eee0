"""Nothing is done for a caller who is no longer there, but what is about to be committed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import attrs
import grpc
import grpc.aio
import pytest
from dependency_injector import providers
from sqlalchemy import text

from referrals_adapters.grpc.channel import open_channel
from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.postgres.engine import open_engine
from referrals_adapters.postgres.migrate import migrate
from referrals_adapters.postgres.pool import open_pool
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.testing.builders import MERCHANT, SHOP
from tests.grpc.service import BY_EITHER_SERVER, TOKEN, bare, refusal_of
from tests.waiting import until

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from referrals_adapters.postgres.settings import PostgresSettings
    from tests.grpc.service import Service
    from tests.neighbours import Neighbour

pytestmark = BY_EITHER_SERVER

PROGRAM = pb.GetProgramRequest(merchant_id=MERCHANT)
ROUNDED = 1.02  # on its way gRPC rounds a timeout up, by a hundredth at most
PATH = "/referrals.v1.ReferralsService/GetProgram"


def ask(service: Service, timeout: float | None) -> Any:
    return service.stub.GetProgram(PROGRAM, metadata=TOKEN, timeout=timeout)


def let_auth_take(service: Service, seconds: float) -> None:
    access = service.container.access()
    access.pace = attrs.evolve(access.pace, timeout=seconds)


@pytest.mark.parametrize(("has", "auth_may_take"), [(5, 9), (9, 5), (None, 5)])
async def test_auth_is_never_given_more_time_than_the_caller_has(
    service: Service, auth: Neighbour, has: float | None, auth_may_take: float
) -> None:
    let_auth_take(service, auth_may_take)
    assert (await refusal_of(ask(service, has))).code is grpc.StatusCode.NOT_FOUND
    (asked,) = auth.calls
    assert 0 < asked.seconds_left <= 5 * ROUNDED


async def test_a_caller_in_a_hurry_does_not_hurry_the_others(
    service: Service, auth: Neighbour
) -> None:
    let_auth_take(service, 30)
    auth.delay = 60
    hurried = ask(service, 0.7)
    first = await asyncio.wait_for(auth.arrivals.get(), 5)
    auth.delay = 0
    patient = [ask(service, 30) for _ in range(3)]
    assert await hurried.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    for call in patient:
        assert (await refusal_of(call)).code is grpc.StatusCode.NOT_FOUND
    assert first.seconds_left <= 0.7 * ROUNDED
    assert len(auth.calls) == 2


Leaving = Literal["by its deadline", "by cancelling", "with its connection"]


async def leave(service: Service, how: Leaving, begun: asyncio.Event) -> None:
    """Call, and be gone once the work for the call has begun."""
    async with open_channel(str(service.address)) as channel:
        timeout = 0.7 if how == "by its deadline" else None
        call = bare(channel, PATH)(PROGRAM.SerializeToString(), metadata=TOKEN, timeout=timeout)
        await asyncio.wait_for(begun.wait(), 5)
        if how == "with its connection":
            await channel.close()
        if how == "by cancelling":
            call.cancel()
        with pytest.raises((grpc.aio.AioRpcError, asyncio.CancelledError)):
            await call


@attrs.define
class Endless:
    """A transaction that never begins; it tells who waits for it."""

    begun: asyncio.Event = attrs.field(factory=asyncio.Event)
    ended: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.set()
        return self

    async def __aexit__(self, *_: object) -> None:
        raise AssertionError("it never began")


@pytest.mark.parametrize("how", get_args(Leaving))
async def test_the_work_stops_when_the_caller_is_gone(service: Service, how: Leaving) -> None:
    endless = Endless()
    service.container.transaction.override(providers.Callable(lambda: endless))
    await leave(service, how, endless.begun)
    await asyncio.wait_for(endless.ended.wait(), 5)


@pytest.mark.parametrize("how", get_args(Leaving))
async def test_auth_is_no_longer_asked_when_the_caller_is_gone(
    service: Service, auth: Neighbour, how: Leaving
) -> None:
    auth.delay = 60
    let_auth_take(service, 60)
    asked = asyncio.Event()

    async def is_asked() -> bool:
        return auth.under_way == 1

    async def is_asked_no_more() -> bool:
        return auth.under_way == 0

    leaving = asyncio.create_task(leave(service, how, asked))
    await until(is_asked)
    asked.set()
    await leaving
    await until(is_asked_no_more)


_WAIT = """
    CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END'
"""
_WAIT_WHEN = """
    CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON programs
    DEFERRABLE INITIALLY {} FOR EACH ROW EXECUTE FUNCTION wait()
"""
_WHO_WAITS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
PUT = pb.PutProgramRequest(
    program=pb.Program(
        merchant_id=MERCHANT, shop_domain=SHOP, storefront_url="https://acme.example"
    )
)


@pytest.mark.parametrize(
    ("when", "programs"),
    [("DEFERRED", 1), ("IMMEDIATE", 0)],
    ids=["a commit is finished", "a statement is not committed"],
)
async def test_of_the_work_under_way_a_commit_alone_is_finished(
    service: Service, blank_database: PostgresSettings, when: str, programs: int
) -> None:
    await migrate(blank_database)
    async with open_engine(blank_database) as ours, open_pool(blank_database) as pool:
        service.container.transaction.override(providers.Factory(PostgresTransaction, pool))
        async with ours.connect() as connection:
            await connection.execute(text(_WAIT))
            await connection.execute(text(_WAIT_WHEN.format(when)))
            await connection.commit()
            await connection.execute(text("SELECT pg_advisory_lock(1)"))
            call = service.stub.PutProgram(PUT, metadata=TOKEN)
            await until(lambda: _count(connection, _WHO_WAITS))
            call.cancel()
            await asyncio.sleep(0.5)  # the service hears of it by a socket
            await connection.execute(text("SELECT pg_advisory_unlock(1)"))

            async def is_over() -> bool:
                return pool.get_size() == pool.get_idle_size()

            await until(is_over)
            assert await _count(connection, "SELECT count(*) FROM programs") == programs


async def _count(connection: AsyncConnection, statement: str) -> int:
    counted: int = (await connection.execute(text(statement))).scalar_one()
    return counted
