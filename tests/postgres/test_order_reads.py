"""However large its shop, an order reads little, whatever PostgreSQL knows of the tables."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_adapters.postgres.intake import PostgresIntake
from referrals_adapters.postgres.migrate import migrate
from referrals_adapters.postgres.pool import Pool, open_pool
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.model.identifiers import AddressDigest
from referrals_domain.testing import builders
from referrals_domain.use_cases.publish_events import PublishEvents
from tests.conftest import connected, execute
from tests.domain.world import World
from tests.waiting import until

if TYPE_CHECKING:
    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.model.order import OrderFacts

CONVERSIONS: Final = 4_000
ORDERS: Final = 50

PROGRAM: Final = builders.program(velocity_cap=1_000_000, review=True)  # all that can be asked is

# Not a temporary table: the first one of a session makes all sessions forget their plans.
_FILL: Final = """
    CREATE TABLE orders AS
    SELECT
        shop AS merchant_id, shop || number AS order_id, md5(shop || number)::uuid AS id,
        number, shop || number % 100 AS advocate, timestamptz '2026-11-20' AS at
    FROM unnest('{shops}'::text[]) AS shop, generate_series(1, {conversions}) AS number;

    INSERT INTO redactions SELECT merchant_id, 'gone-' || id, at FROM orders;
    INSERT INTO referral_links
    SELECT merchant_id, md5(advocate)::uuid, advocate, lpad(min(number)::text, 10, '0'), min(at)
    FROM orders GROUP BY merchant_id, advocate;
    INSERT INTO referrals
    SELECT
        merchant_id, id, advocate, md5(advocate)::uuid, NULL, 'COMPLETED', 'order_created', 1,
        at, at, order_id, 'friend-' || order_id
    FROM orders;
    INSERT INTO referred_orders
    SELECT merchant_id, order_id, '{{}}', '{{}}', '{{}}', id, at::date, NULL, md5(order_id), at
    FROM orders;
    INSERT INTO deliveries
    (merchant_id, order_id, topic, digest, facts, received_at, due_at, attempts, outcome)
    SELECT merchant_id, order_id, 'orders/create', '', '{{}}', at, at, 1, 'settled' FROM orders;
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, occurred_at, payload)
    SELECT id, 'referral', id, 'referral.completed', at, '{{}}' FROM orders;
    INSERT INTO stale_statuses SELECT merchant_id, id, 1 FROM orders;
    DROP TABLE orders;
"""
_FILL_WITH_SHOPS: Final = """
    INSERT INTO programs
    SELECT 'shop-' || number, number, '', '', '30 days', '', '0', 0, 100, 0, true, true, true, 1
    FROM generate_series(1, 4000) AS number;
    INSERT INTO merchant_keys
    SELECT 'shop-' || number, '' FROM generate_series(1, 4000) AS number;
"""
_READ: Final = """
    SELECT
        (SELECT sum(seq_tup_read) FROM pg_stat_user_tables)
        + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes)
"""
_OTHERS: Final = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend'
"""


@attrs.define
class _Shop:
    """A shop whose orders go all their way on one connection."""

    pool: Pool
    world: World = attrs.field(factory=World)
    number: int = 0

    async def open(self) -> None:
        """Put its program, and a link."""
        async with PostgresTransaction(self.pool) as tx:
            await tx.programs.save(PROGRAM)
            await tx.links.add(builders.link())
            await tx.commit()

    async def sell(self, number: int) -> None:
        """Have orders delivered, completed, published, and their statuses forgotten."""
        facts = [self._order() for _ in range(number)]
        deliveries = [builders.accepted_delivery(facts=one) for one in facts]
        begin = partial(PostgresTransaction, self.pool)
        world = self.world
        publish = PublishEvents(begin=begin, publisher=world.publisher, clock=world.clock)
        intake = PostgresIntake(self.pool)
        assert await intake.add(deliveries, programs=[PROGRAM]) == [True] * number
        assert await attrs.evolve(world.complete_orders, begin=begin)(number) == number
        assert await publish(number) == number
        assert await attrs.evolve(world.drain_stale_statuses, begin=begin)(number) == number

    def _order(self) -> OrderFacts:
        self.number += 1
        snapshot = builders.facts_from(AddressDigest(f"{self.number:032}")).snapshot
        signals = (builders.signal(share=None),)
        return self.world.order_of_friend(self.number, snapshot=snapshot, signals=signals)


@pytest.mark.parametrize("statistics", ["none", "of small shops", "of small shops and one", "new"])
async def test_it_reads_less_than_its_shop_has_conversions(
    blank_database: PostgresSettings, statistics: str
) -> None:
    await migrate(blank_database)
    async with open_pool(blank_database, connections=1) as pool:
        shop = _Shop(pool)
        await shop.open()
        if statistics == "of small shops and one":
            await shop.sell(ORDERS)
        if statistics.startswith("of small shops"):
            small = ",".join(f"small-{number}" for number in range(60))
            await execute(blank_database, _FILL.format(shops=f"{{{small}}}", conversions=1))
            await execute(blank_database, "ANALYZE")
    before = await _rows_read(blank_database)
    async with open_pool(blank_database, connections=1) as pool:
        shop.pool = pool
        await shop.sell(1)  # some plans are kept from now on
        large = f"{{{builders.MERCHANT},large}}"
        await execute(blank_database, _FILL.format(shops=large, conversions=CONVERSIONS))
        await execute(blank_database, _FILL_WITH_SHOPS)
        if statistics == "new":
            await execute(blank_database, "ANALYZE")
        for number in (1, 5, ORDERS):
            await shop.sell(number)
    assert await _rows_read(blank_database) - before < CONVERSIONS


async def _rows_read(settings: PostgresSettings) -> int:
    """Return how many rows and entries of indexes were read by connections that are closed."""
    async with connected(settings) as connection:

        async def others_are_closed() -> bool:
            return not await connection.fetchval(_OTHERS)

        await until(others_are_closed)
        return int(await connection.fetchval(_READ))
