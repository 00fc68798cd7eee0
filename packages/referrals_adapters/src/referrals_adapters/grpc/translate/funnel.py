"""Which funnel is asked for, and the funnel as a message."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.grpc.translate.enums import CHANNELS, channel_of
from referrals_adapters.grpc.translate.fields import InvalidFields, Violation, read
from referrals_domain.model.funnel import Days
from referrals_domain.model.identifiers import MerchantId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.funnel import ChannelFunnel, Conversion, Counts, Steps
    from referrals_domain.model.link import Channel


class FunnelWanted(NamedTuple):
    """
    Which funnel is asked for.

    Args:
        merchant_id: The merchant.
        days: The days; None: the latest.
        channel: The only channel that is wanted; None: all.
    """

    merchant_id: MerchantId
    days: Days | None
    channel: Channel | None


def funnel_wanted(request: pb.GetFunnelRequest) -> FunnelWanted:
    """
    Return which funnel is asked for.

    Raises:
        InvalidFields: The merchant is missing or malformed, the channel is unknown, or the days
            are malformed, none or too many.
    """
    return FunnelWanted(
        merchant_id=read("merchant_id", request.merchant_id, MerchantId),
        days=_days(request) if request.first_day or request.last_day else None,
        channel=read("channel", request.channel, channel_of) if request.channel else None,
    )


def funnel_answer(days: Days, channels: Sequence[ChannelFunnel]) -> pb.GetFunnelResponse:
    """Return the funnel of these days."""
    return pb.GetFunnelResponse(
        first_day=str(days.first), last_day=str(days.last), channels=map(_channel, channels)
    )


def _days(request: pb.GetFunnelRequest) -> Days:
    first = read("first_day", request.first_day, _day)
    last = read("last_day", request.last_day, _day)
    try:
        return Days(first, last)
    except ValueError as error:
        raise InvalidFields([Violation("last_day", str(error))]) from error


def _day(text: str) -> date:
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if str(day) == text:  # ISO 8601 has other forms, too
            return day
    raise ValueError("is a day, as in 2026-11-25")


def _channel(funnel: ChannelFunnel) -> pb.FunnelChannel:
    return pb.FunnelChannel(
        channel=CHANNELS[funnel.channel] if funnel.channel else pb.CHANNEL_UNSPECIFIED,
        total=_counts(funnel.total),
        conversion=_conversion(funnel.conversion) if funnel.conversion else None,
        days=(
            pb.FunnelDay(day=str(day), counts=_counts(counts))
            for day, counts in funnel.days.items()
        ),
    )


def _counts(counts: Counts) -> pb.FunnelCounts:
    return pb.FunnelCounts(
        shares=counts.shares,
        pending=counts.pending,
        visits=counts.visits,
        shared=_steps(counts.shared),
        direct=_steps(counts.direct),
    )


def _steps(steps: Steps) -> pb.FunnelSteps:
    return pb.FunnelSteps(
        orders=steps.orders,
        qualified=steps.qualified,
        completed=steps.completed,
        reversed=steps.reversed,
    )


def _conversion(conversion: Conversion) -> pb.Conversion:
    lower, upper = conversion.interval
    return pb.Conversion(
        completed=conversion.completed,
        shares=conversion.shares,
        rate=conversion.rate,
        lower=lower,
        upper=upper,
    )
