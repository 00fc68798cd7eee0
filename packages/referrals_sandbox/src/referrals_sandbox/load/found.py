"""What the service says came of a run: where each order stands, and the funnel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import attrs

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_domain.model.link import Channel
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_sandbox.load.kinds import Outcome
from referrals_sandbox.neighbours.frontend import open_frontend
from referrals_sandbox.servers.rows import rows_of

if TYPE_CHECKING:
    from referrals_sandbox.composition.description import Description

_ORDERS: Final = """
    SELECT order_id::bigint AS order_id, status, cause
    FROM referrals WHERE merchant_id = $1 AND order_id IS NOT NULL
"""


@attrs.frozen(kw_only=True)
class Measured:
    """
    What `GetFunnel` says of one channel.

    Args:
        shares: How many shares there were.
        visits: How often links were followed.
        completed: How many of the shares completed.
        rate: The one by the other.
        lower: The lower bound of its interval.
        upper: The upper one.
    """

    shares: int
    visits: int
    completed: int
    rate: float
    lower: float
    upper: float


@attrs.frozen(kw_only=True)
class Found:
    """
    What the service says.

    Args:
        orders: Where the referral of each order stands.
        funnel: The funnel of each channel that was shared by.
    """

    orders: Mapping[int, Outcome]
    funnel: Mapping[Channel, Measured]


async def collect(sandbox: Description, merchant_id: str) -> Found:
    """
    Ask for all of it.

    Raises:
        SandboxError: Somebody does not answer.
    """
    rows = await rows_of(sandbox.database_url, _ORDERS, merchant_id)
    with open_frontend(sandbox.gateway_address, sandbox.token) as frontend:
        channels = frontend.funnel(merchant_id).channels
    return Found(
        orders={
            row["order_id"]: Outcome(ReferralStatus(row["status"]), Cause(row["cause"]))
            for row in rows
        },
        funnel={_channel(one): _measured(one) for one in channels if one.HasField("conversion")},
    )


def _channel(funnel: pb.FunnelChannel) -> Channel:
    return Channel[pb.Channel.Name(funnel.channel).removeprefix("CHANNEL_")]


def _measured(funnel: pb.FunnelChannel) -> Measured:
    conversion = funnel.conversion
    return Measured(
        shares=conversion.shares,
        visits=funnel.total.visits,
        completed=conversion.completed,
        rate=conversion.rate,
        lower=conversion.lower,
        upper=conversion.upper,
    )
