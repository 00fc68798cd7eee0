"""Load the docket of a batch of orders, as sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.attribution import attribute
from referrals_domain.model.code import CodeKey
from referrals_domain.model.identifiers import CustomerKey, ReferralKey
from referrals_domain.model.order import OrderFacts, ReferredOrder
from referrals_domain.use_cases.docket import Docket, advocate_day, unchecked_use
from referrals_domain.use_cases.redacted import redacted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from referrals_domain.model.identifiers import LinkKey, MerchantId, OrderKey
    from referrals_domain.model.link import ReferralLink
    from referrals_domain.model.program import ReferralProgram
    from referrals_domain.ports.addresses import AddressUse
    from referrals_domain.ports.conversions import AdvocateDay
    from referrals_domain.ports.transaction import Transaction


async def load_docket(
    tx: Transaction,
    facts: Mapping[OrderKey, OrderFacts],
    *,
    lock: bool,
    asked: Collection[CustomerKey] = (),
) -> Docket:
    """
    Load the docket of a batch in a number of calls that does not depend on its size.

    Orders of merchants without a program are left out: their shop was redacted. Of customers who
    were redacted it has the tombstones.

    Args:
        tx: The transaction.
        facts: What the deliveries of the batch say of each order.
        lock: Whether to hold the merchants and to lock orders, then links, then referrals. Orders
            that another merchant brought first are then left out.
        asked: Other customers of whom it is to tell whether they were redacted.
    """
    merchants = {key.merchant_id for key in facts}
    keys = await (tx.merchant_keys.hold(merchants) if lock else tx.merchant_keys.get(merchants))
    ours = [key for key in facts if key.merchant_id in keys]
    if lock:
        known = await tx.orders.lock(ours)
    else:
        blank = {key: _blank(key) for key in ours}
        known = {**blank, **await tx.orders.get(ours)}
    told = [CustomerKey(key.merchant_id, id_) for key in ours if (id_ := facts[key].customer_id)]
    friends_known = [order.friend for order in known.values() if order.friend]
    gone = await redacted(tx, keys, {*told, *friends_known, *asked})
    orders = await _attributed(
        tx,
        [known[key].learn(gone.facts(key.merchant_id, facts[key])) for key in sorted(known)],
    )
    programs = await tx.programs.get({order.merchant_id for order in orders})
    link_keys = {order.link_key for order in orders if order.link_key}
    links = await (tx.links.lock(link_keys) if lock else tx.links.get(link_keys))
    referral_keys = {key for order in orders for key in _referral_keys(order)}
    referrals = await (
        tx.referrals.lock(referral_keys) if lock else tx.referrals.get(referral_keys)
    )
    friends = {order.friend for order in orders if order.friend and order.attribution}
    return Docket(
        orders={order.key: order for order in orders},
        programs=programs,
        links=links,
        referrals=dict(referrals),
        friends=dict(await tx.conversions.by_friends(friends)),
        conversions=dict(await tx.conversions.count(_capped_days(orders, links, programs))),
        redacted=gone,
        shared=set(await tx.addresses.shared(_unchecked_uses(orders, links, programs))),
    )


async def _attributed(tx: Transaction, orders: list[ReferredOrder]) -> list[ReferredOrder]:
    """Attribute the orders that no earlier delivery attributed."""
    signals = [
        (order.merchant_id, signal)
        for order in orders
        if order.attribution is None
        for signal in order.facts.signals
    ]
    links = await tx.links.by_codes(
        {CodeKey(merchant_id, signal.code) for merchant_id, signal in signals if signal.code}
    )
    shares = await tx.referrals.get(
        {ReferralKey(merchant_id, signal.share) for merchant_id, signal in signals if signal.share}
    )
    return [
        order
        if order.attribution
        else attrs.evolve(
            order,
            attribution=attribute(
                order.merchant_id, order.facts.signals, links=links, shares=shares
            ),
        )
        for order in orders
    ]


def _blank(key: OrderKey) -> ReferredOrder:
    return ReferredOrder(merchant_id=key.merchant_id, facts=OrderFacts(order_id=key.order_id))


def _referral_keys(order: ReferredOrder) -> list[ReferralKey]:
    if order.attribution is None:
        return []
    return [order.referral_key, *order.attribution.share_keys(order.merchant_id)]


def _capped_days(
    orders: Iterable[ReferredOrder],
    links: Mapping[LinkKey, ReferralLink],
    programs: Mapping[MerchantId, ReferralProgram],
) -> set[AdvocateDay]:
    """Return the days whose conversions a velocity cap asks for."""
    return {
        advocate_day(links[order.link_key], order.facts.placed_at)
        for order in orders
        if order.link_key and order.facts.placed_at and programs[order.merchant_id].velocity_cap
    }


def _unchecked_uses(
    orders: Iterable[ReferredOrder],
    links: Mapping[LinkKey, ReferralLink],
    programs: Mapping[MerchantId, ReferralProgram],
) -> set[AddressUse]:
    """Return the uses of addresses that a reviewer wants to know of."""
    uses = (
        unchecked_use(order, links[order.link_key], programs[order.merchant_id])
        for order in orders
        if order.link_key
    )
    return {use for use in uses if use}
