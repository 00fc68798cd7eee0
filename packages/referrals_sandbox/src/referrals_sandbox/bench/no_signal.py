"""
Orders without a signal, nine in ten of a shop's: answered, and the database hears nothing of them.

That is seen in the run itself: PostgreSQL notes of each connection when it last did anything.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from referrals_domain.model.delivery import Receipt
from referrals_sandbox.bench.load import Meter, ask_for, ask_times
from referrals_sandbox.bench.orders import Orders
from referrals_sandbox.bench.rounds import repeated
from referrals_sandbox.bench.webhooks import posting
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import asyncpg

    from referrals_sandbox.bench.figures import Slice
    from referrals_sandbox.bench.plan import Plan
    from referrals_sandbox.bench.stage import Stage
    from referrals_sandbox.composition.shops import Link

_WARM_UP: Final = 500  # requests
_CONNECTIONS: Final = """
    SELECT
        count(*) FILTER (WHERE state_change >= $1) AS busy,
        count(*) FILTER (WHERE state_change IS NULL) AS hidden
    FROM pg_stat_activity WHERE application_name = 'referrals-webhook-http'
"""


async def no_signal(
    stage: Stage, links: Sequence[Link], connection: asyncpg.Connection, plan: Plan
) -> Sequence[Slice]:
    """
    Measure how many orders without a signal are answered a second, in several slices.

    Args:
        stage: The role `http` runs, and has the database to itself.
        links: Whose shops have orders.
        connection: To the database, as the owner.
        plan: How long, and how often.

    Raises:
        SandboxError: An answer was wrong, or the database had work.
    """
    orders = Orders(links, stage.sandbox.shopify_secret, signal=False)
    meter = Meter(stage.processes())
    async with (
        quiet(connection),
        posting(stage.webhook_addresses, orders.next, Receipt.NO_SIGNAL) as askers,
    ):
        await ask_times(_WARM_UP, askers)
        return await repeated(
            plan.rounds, "no signal", lambda: ask_for(plan.webhooks, askers, meter)
        )


@asynccontextmanager
async def quiet(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """
    Require that the role `http` has no work for the database within the block.

    Args:
        connection: To the database, as the owner, who sees what others do.

    Raises:
        SandboxError: It had, or nobody can tell.
    """
    begun = await connection.fetchval("SELECT clock_timestamp()")
    yield
    (found,) = await connection.fetch(_CONNECTIONS, begun)
    if found["hidden"]:
        raise SandboxError("the owner of the database may not see what the role http does")
    if found["busy"]:
        raise SandboxError("orders without a signal made work for the database")
