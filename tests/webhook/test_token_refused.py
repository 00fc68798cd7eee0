"""A worker whose own token is refused stops and calls for a person; it decides nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc
import pytest

from referrals_domain.model.identifiers import OrderId
from referrals_domain.model.referral import ReferralStatus

if TYPE_CHECKING:
    from tests.neighbours import Neighbour
    from tests.webhook.program import Program
    from tests.webhook.stage import Stage


@pytest.mark.parametrize("who", ["auth", "core"])
async def test_a_refused_token_stops_the_worker_and_refuses_no_order(
    program: Program, stage: Stage, request: pytest.FixtureRequest, who: str
) -> None:
    neighbour: Neighbour = request.getfixturevalue(who)
    neighbour.reply = lambda _: grpc.StatusCode.UNAUTHENTICATED
    await stage.deliver()
    worker = program.start("run", "--role", "worker", REFERRALS_LOG_FORMAT="json")
    line = await worker.says(r'^\{.*"event": "it is stuck".*\}$')
    assert '"level": "error"' in line[0]
    assert f'"reason": "{who.capitalize()} does not accept the token"' in line[0]

    asked = len(neighbour.calls)
    await stage.deliver(order_id=OrderId("1"))
    await asyncio.sleep(0.5)  # while it works it looks twice in that time at least
    assert len(neighbour.calls) == asked
    assert await stage.rows("deliveries", "outcome") == [(None,), (None,)]
    assert (await stage.referral()).status is ReferralStatus.PENDING
    assert await stage.rows("outbox") == []
