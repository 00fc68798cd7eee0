"""A worker asks a real Core that gets to know an advocate later, or never."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import grpc
import pytest

from referrals_adapters.grpc.pb.core.v1.core_pb2 import GetCustomerRFMResponse
from referrals_domain.model.delivery import Outcome
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.testing import builders
from referrals_domain.testing.time_and_chance import FixedClock
from tests.webhook.shift import on_shift

if TYPE_CHECKING:
    from tests.neighbours import Reply

LAG: Final = timedelta(minutes=15)
INSTANT: Final = timedelta(microseconds=1)


def _knows_nobody(_: Any) -> Reply:
    return grpc.StatusCode.NOT_FOUND


def _knows_the_advocate(request: Any) -> Reply:
    if request.customer_id == builders.ADVOCATE:
        return GetCustomerRFMResponse(frequency=3)
    return grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("later", "status", "cause"),
    [
        (_knows_the_advocate, ReferralStatus.COMPLETED, Cause.ORDER_CREATED),
        (_knows_nobody, ReferralStatus.REJECTED, Cause.ADVOCATE_UNKNOWN),
    ],
    ids=["found later", "never found"],
)
async def test_an_advocate_has_15_minutes_to_become_known(
    later: Any, status: ReferralStatus, cause: Cause
) -> None:
    clock = FixedClock()
    lag_ends = clock.now() + LAG
    async with on_shift(clock) as shift:
        step = shift.container.completing().step
        shift.deliver(1, merchants=1)
        shift.core.reply = _knows_nobody
        assert await step() == 1
        assert shift.outcomes() == {None: 1}
        asked = len(shift.core.calls)

        shift.core.reply = later
        clock.time = lag_ends - INSTANT
        assert await step() == 0
        assert len(shift.core.calls) == asked
        clock.time = lag_ends
        assert await step() == 1
        assert shift.outcomes() == {Outcome.SETTLED: 1}
        (referral,) = shift.store.state.referrals.values()
    assert (referral.status, referral.cause) == (status, cause)
    assert len(shift.core.calls) == asked + 1
    assert len(shift.auth.calls) == 1
