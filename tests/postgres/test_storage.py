"""How things lie in the tables, where others look at them too."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from referrals_adapters.postgres.engine import open_engine
from referrals_adapters.postgres.migrate import migrate
from referrals_domain.model.code import CodeKey
from referrals_domain.model.decision import opened
from referrals_domain.model.identifiers import CustomerKey
from referrals_domain.ports.addresses import AddressUse
from referrals_domain.ports.conversions import AdvocateDay
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.referrals import completed, numbered, reversed_, save

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.pool import Pool
    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.ports.transaction import Transaction
    from referrals_domain.testing.contracts.begin import Begin

ADVOCATE = CustomerKey(builders.MERCHANT, builders.ADVOCATE)
FRIEND = CustomerKey(builders.MERCHANT, builders.FRIEND)
CODE = CodeKey(builders.MERCHANT, builders.CODE)
USE = AddressUse(builders.order().key, builders.ADVOCATE, builders.FRIEND, builders.ADDRESS)


async def test_every_version_has_a_line_of_history(
    begin_with_link: Begin, engine: AsyncEngine
) -> None:
    done = completed(numbered(1))
    await save(begin_with_link, opened(numbered(1)), done)
    await save(begin_with_link, reversed_(done.referral))
    lines = await _ask(
        engine, "SELECT version, from_status, status, cause, at FROM referral_history ORDER BY 1"
    )
    assert lines == [
        (1, None, "PENDING", "link_shared", builders.SHARED_AT),
        (2, "PENDING", "COMPLETED", "order_created", builders.PLACED_AT),
        (3, "COMPLETED", "REVERSED", "order_cancelled", builders.PLACED_AT),
    ]


async def test_an_event_lies_in_the_outbox_as_debezium_expects_it(
    begin: Begin, engine: AsyncEngine
) -> None:
    event = builders.referral_completed()
    async with begin() as tx:
        await tx.outbox.add([event])
        await tx.commit()
    ((id_, aggregate, key, type_, payload),) = await _ask(
        engine, "SELECT id::text, aggregatetype, aggregateid, type, payload FROM outbox"
    )
    assert (id_, aggregate) == (event.id, "referral")
    assert (key, type_) == (event.referral_id, "referral.completed")
    assert json.loads(payload)["order_total"] == {"amount": "67.10", "currency": "USD"}


async def test_facts_can_be_asked_for_in_sql(begin: Begin, engine: AsyncEngine) -> None:
    async with begin() as tx:
        await tx.deliveries.add([builders.accepted_delivery()])
        await tx.commit()
    rows = await _ask(engine, "SELECT facts->'snapshot'->'total'->>'minor' FROM deliveries")
    assert rows == [("6710",)]


async def test_a_hostile_shop_header_does_not_keep_a_body_out(
    begin: Begin, engine: AsyncEngine
) -> None:
    hostile = builders.unreadable_body(shop="a\0b\ud800c'); --", body=b"\0\xff", reason="\udfff")
    async with begin() as tx:
        await tx.quarantine.add([hostile])
        await tx.commit()
    assert await _ask(engine, "SELECT shop, body, reason FROM quarantine") == [
        ("a\N{REPLACEMENT CHARACTER}b?c'); --", b"\0\xff", "?")
    ]


async def test_an_order_counts_for_the_day_that_it_was_in_utc(begin_with_link: Begin) -> None:
    late_in_new_york = datetime(2026, 11, 20, 22, 30, tzinfo=timezone(timedelta(hours=-5)))
    done = completed(numbered(1))
    order = builders.order(
        facts=builders.facts(order_id=done.referral.order_id, placed_at=late_in_new_york)
    )
    days = [AdvocateDay(ADVOCATE, date(2026, 11, day)) for day in (20, 21)]
    async with begin_with_link() as tx:
        await tx.orders.lock([order.key])
        await tx.orders.save([order], at=builders.PLACED_AT)
        await tx.referrals.save([opened(numbered(1)), done])
        assert await tx.conversions.count(days) == {days[0]: 0, days[1]: 1}


async def test_saving_an_order_that_was_not_locked_is_a_mistake(begin: Begin) -> None:
    async with begin() as tx:
        with pytest.raises(AssertionError):
            await tx.orders.save([builders.order()], at=builders.PLACED_AT)


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda tx: tx.conversions.by_friends([FRIEND]), "uq_referrals_friend"),
        (
            lambda tx: tx.conversions.count([AdvocateDay(ADVOCATE, builders.PLACED_AT.date())]),
            "idx_referrals_conversions",
        ),
        (lambda tx: tx.addresses.shared([USE]), "idx_referred_orders_address"),
        (
            lambda tx: tx.deliveries.claim(
                5, at=builders.PLACED_AT, until=builders.PLACED_AT + timedelta(1)
            ),
            "idx_deliveries_due",
        ),
        (lambda tx: tx.held.all(), "idx_deliveries_held"),
        (lambda tx: tx.links.by_codes([CODE]), "uq_referral_links_code"),
        (lambda tx: tx.stale_statuses.first(5), "idx_stale_statuses_seq"),
    ],
)
async def test_a_question_is_answered_from_its_index(
    begin: Begin,
    blank_database: PostgresSettings,
    sent: list[str],
    ask: Callable[[Transaction], Awaitable[Any]],
    index: str,
) -> None:
    async with begin() as tx:
        sent.clear()
        await ask(tx)
        (statement,) = sent
    numbers = {int(number) for number in re.findall(r"\$(\d+)", statement)}
    nulls = f"({', '.join(['NULL'] * len(numbers))})" if numbers else ""
    await migrate(blank_database)  # what other tests left behind would sway the planner
    async with open_engine(blank_database) as engine, engine.connect() as connection:
        for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):  # chosen for small tables
            await connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        await connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.exec_driver_sql(f"PREPARE question AS {statement}")
        plan = await connection.exec_driver_sql(f"EXPLAIN EXECUTE question{nulls}")
    assert index in "\n".join(plan.scalars())


async def test_a_statement_is_planned_for_the_tables_as_they_are(begin: Begin, pool: Pool) -> None:
    """A plan that was kept from when they were empty would read them whole, and time out."""
    for _ in range(8):
        async with begin() as tx:
            await tx.conversions.by_friends([FRIEND])
    plans = await pool.fetchrow("""
        SELECT sum(generic_plans) AS generic, sum(custom_plans) AS custom
        FROM pg_prepared_statements WHERE parameter_types <> '{}'
    """)
    assert plans
    assert plans["generic"] == 0
    assert plans["custom"] >= 8


async def _ask(engine: AsyncEngine, query: str) -> list[tuple[Any, ...]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]
