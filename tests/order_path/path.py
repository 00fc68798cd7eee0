"""The order path on PostgreSQL: the http role's application, and workers at once."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar
from uuid import uuid4

import attrs
from dependency_injector.providers import Object
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp

from referrals_adapters.postgres.engine import open_engine
from referrals_adapters.postgres.pool import Pool, open_pool
from referrals_adapters.postgres.tables import metadata, referral_history
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_adapters.shopify.address import AddressKey
from referrals_adapters.shopify.payloads import READERS
from referrals_adapters.telemetry.metrics import Metrics
from referrals_adapters.wire.documents import from_document
from referrals_domain.model.decision import opened
from referrals_domain.model.delivery import Topic
from referrals_domain.model.identifiers import CustomerKey, ShopDomain
from referrals_domain.model.order import OrderFacts
from referrals_domain.model.privacy import PrivacyTopic
from referrals_domain.testing import builders
from referrals_webhook.container.http import HttpContainer
from tests.domain.world import World
from tests.order_path.together import Meeting, TogetherWithOthers
from tests.webhook.orders import SECRET, signed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

    from sqlalchemy import Row

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.model.delivery import Outcome
    from referrals_domain.model.identifiers import CustomerId, MerchantId
    from referrals_domain.model.link import ReferralLink
    from referrals_domain.model.program import ReferralProgram
    from referrals_domain.model.referral import Cause, Referral, ReferralStatus
    from referrals_domain.ports.transaction import Transaction
    from referrals_domain.use_cases.complete_orders import CompleteOrders

T = TypeVar("T")

WORKERS: Final = 3
_FORGET_HISTORY: Final = text("""
    SELECT forget_history(array_agg(merchant_id), array_agg(referral_id)) FROM referral_history
""")
_HOUR: Final = timedelta(hours=1)


AnyTopic: TypeAlias = Topic | PrivacyTopic


@attrs.frozen(repr=False)
class Webhook:
    """What Shopify posts."""

    topic: AnyTopic
    body: bytes
    shop: ShopDomain = builders.SHOP

    def __repr__(self) -> str:
        """Tell a failing test what differs: ten kilobytes of a body would not."""
        return f"<{self.topic}: {self.facts if isinstance(self.topic, Topic) else self.body!r}>"

    @property
    def facts(self) -> OrderFacts:
        """What it says of its order."""
        key = AddressKey(SECRET, self.shop)
        return READERS[Topic(self.topic)](self.body, addresses=key).facts


@attrs.frozen(kw_only=True)
class OrderPath:
    """
    The order path on PostgreSQL.

    Args:
        app: The http role's application.
        pool: Its connections, and the test's.
        engine: The test's way to look past the adapters.
        workers_pools: A pool for each worker.
        world: Auth, Core, the cache, and a clock that all of them share.
    """

    app: ASGIApp
    pool: Pool
    engine: AsyncEngine
    workers_pools: Sequence[Pool]
    world: World

    def begin(self) -> Transaction:
        """Begin a transaction."""
        return PostgresTransaction(self.pool)

    async def set_up(
        self,
        programs: Iterable[ReferralProgram],
        links: Iterable[ReferralLink],
        shares: Iterable[Referral],
    ) -> None:
        """Store programs with links and shares."""
        async with self.begin() as tx:
            for program in programs:
                await tx.programs.save(program)
            for link in links:
                await tx.links.add(link)
            await tx.referrals.save([opened(share) for share in shares])
            await tx.commit()

    def core_knows(
        self,
        customers: Iterable[CustomerId],
        merchant_id: MerchantId = builders.MERCHANT,
        **standing: Any,
    ) -> None:
        """Have Core answer this about customers."""
        for customer in customers:
            key = CustomerKey(merchant_id, customer)
            self.world.core.known[key] = builders.standing(**standing)

    async def post(self, *webhooks: Webhook) -> list[str]:
        """Post webhooks at once, each with ids of its own; return the receipts in their order."""
        return await asyncio.gather(*map(self._post, webhooks))

    async def work(self, *limits: int) -> None:
        """Have a worker for each limit work off a batch; they begin each transaction together."""
        meeting = Meeting(len(limits))

        async def work(pool: Pool, limit: int) -> None:
            try:
                await self._worker(partial(TogetherWithOthers, pool, meeting))(limit)
            finally:
                meeting.leave()

        await asyncio.gather(*map(work, self.workers_pools, limits))

    async def work_while(self, posting: Awaitable[T], *, limit: int) -> T:
        """Have all workers work off batch after batch until all is posted and nothing is due."""
        posted = asyncio.ensure_future(posting)

        async def work(pool: Pool) -> None:
            worker = self._worker(partial(PostgresTransaction, pool))
            while await worker(limit) or not posted.done():
                await asyncio.wait({posted}, timeout=0.01)

        await asyncio.gather(posted, *map(work, self.workers_pools))
        return posted.result()

    async def work_until_done(self) -> None:
        """Release what is held, work, and let time pass, until no delivery waits: within a day."""
        await self.world.release_all(self.begin)
        for _ in range(24):
            await self._worker(self.begin)(1000)
            if not await self.rows("SELECT id FROM deliveries WHERE outcome IS NULL"):
                return
            self.world.clock.advance(_HOUR)
        raise AssertionError("a delivery waits for ever")

    async def sweep(self) -> None:
        """Have the janitor move on whatever time moves on, in sets of two."""
        for sweep in (self.world.complete_due_holds, self.world.expire_referrals):
            await attrs.evolve(sweep, begin=self.begin)(2)

    async def forget(self) -> None:
        """Empty the database."""
        async with self.engine.begin() as connection:
            for table in metadata.sorted_tables:
                if table is not referral_history:
                    await connection.execute(delete(table))
            await connection.execute(_FORGET_HISTORY)

    async def outcomes(self) -> Counter[Outcome]:
        """Count deliveries by what became of them."""
        return await self._counted("SELECT outcome FROM deliveries")

    async def statuses(self) -> Counter[tuple[ReferralStatus, Cause]]:
        """Count referrals by how they stand and why."""
        return await self._counted("SELECT status, cause FROM referrals")

    async def events(self) -> Counter[str]:
        """Count the events that wait for the relay by their types."""
        return await self._counted("SELECT type FROM outbox")

    async def facts(self) -> list[OrderFacts]:
        """Return the facts of every order."""
        rows = await self.rows("SELECT facts::text FROM referred_orders")
        return [from_document(OrderFacts, row.facts) for row in rows]

    async def rows(self, statement: str, **values: Any) -> Sequence[Row[Any]]:
        """Ask the database."""
        async with self.engine.connect() as connection:
            return (await connection.execute(text(statement), values)).all()

    def _worker(self, begin: Callable[[], Transaction]) -> CompleteOrders:
        return attrs.evolve(self.world.complete_orders, begin=begin)

    async def _counted(self, statement: str) -> Counter[Any]:
        rows = await self.rows(statement)
        return Counter(row[0] if len(row) == 1 else tuple(row) for row in rows)

    async def _post(self, webhook: Webhook) -> str:
        """Call the application as a server does; a client of HTTP would cost three times more."""
        ids = {"X-Shopify-Webhook-Id": str(uuid4()), "X-Shopify-Event-Id": str(uuid4())}
        headers = signed(webhook.body, shop=webhook.shop) | ids
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": webhook.body}

        async def send(message: Any) -> None:
            sent.append(message)

        named = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": "POST", "path": f"/{webhook.topic}", "headers": named}
        await self.app(scope, receive, send)
        start, body = sent
        assert start["status"] == 200
        receipt: str = json.loads(body["body"])["receipt"]
        return receipt


@asynccontextmanager
async def order_path(database: PostgresSettings) -> AsyncIterator[OrderPath]:
    """Open the order path on a database."""
    world = World()
    async with AsyncExitStack() as stack:
        opened = stack.enter_async_context
        http, *pools = [await opened(open_pool(database)) for _ in range(1 + WORKERS)]
        container = HttpContainer(
            pool=http, metrics=Metrics(), secrets=(SECRET,), clock=Object(world.clock)
        )
        stack.push_async_callback(container.batcher().aclose)
        yield OrderPath(
            app=container.app(),
            pool=http,
            engine=await opened(open_engine(database)),
            workers_pools=pools,
            world=world,
        )
