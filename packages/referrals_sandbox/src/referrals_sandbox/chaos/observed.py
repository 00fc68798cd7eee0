"""What there is to see when everything is at rest: PostgreSQL, Kafka's log, Points, Redis."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

import attrs


@attrs.frozen(kw_only=True)
class Referral:
    """
    A referral as PostgreSQL has it.

    Args:
        id: The referral.
        merchant_id: The merchant.
        order_id: The order that is bound to it.
        friend_id: Who placed that.
        status: Its status.
        version: Its version.
        history: Every version and the status that it brought, oldest first.
    """

    id: str
    merchant_id: str
    order_id: str | None
    friend_id: str | None
    status: str
    version: int
    history: Sequence[tuple[int, str]]


@attrs.frozen(kw_only=True)
class Order:
    """What PostgreSQL knows to have happened to an order."""

    paid: bool
    cancelled: bool
    refunded: bool


@attrs.frozen(kw_only=True)
class Occurrence:
    """
    An event where it lies on Kafka; copies lie on several places.

    Args:
        id: The event.
        type: Its type, and topic.
        merchant_id: The merchant.
        referral_id: The referral.
        order_id: The order.
        version: The referral's version that it tells of.
        at: When it was sent.
        offset: Where it lies in its partition.
    """

    id: str
    type: str
    merchant_id: str
    referral_id: str
    order_id: str
    version: int
    at: datetime
    offset: int


@attrs.define(kw_only=True, slots=False)
class Observed:
    """
    Everything.

    Args:
        referrals: The referrals.
        orders: What happened to each order, by merchant and order.
        log: The events on Kafka, as they lie there.
        points: What Points booked for each referral.
        cached: Version and status of each referral that Redis has.
        copies_dropped: How many copies Points received and dropped.
    """

    referrals: Sequence[Referral]
    orders: Mapping[tuple[str, str], Order]
    log: Sequence[Occurrence]
    points: Mapping[str, Sequence[int]]
    cached: Mapping[str, tuple[int, str]]
    copies_dropped: int

    @cached_property
    def events(self) -> Mapping[str, Sequence[Occurrence]]:
        """The events of each referral."""
        events: dict[str, list[Occurrence]] = defaultdict(list)
        for one in self.log:
            events[one.referral_id].append(one)
        return events

    @cached_property
    def _by_order(self) -> Mapping[tuple[str, str | None], Referral]:
        return {(one.merchant_id, one.order_id): one for one in self.referrals}

    def referral_of(self, order: tuple[str, str]) -> Referral | None:
        """Return the referral that an order is bound to."""
        return self._by_order.get(order)

    def events_of(self, referral_id: str) -> Sequence[Occurrence]:
        """Return the events of one referral."""
        return self.events.get(referral_id, ())
