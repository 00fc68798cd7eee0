"""The cases of one batch of orders, decided one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.decision import (
    Transition,
    Undecided,
    decide,
    explain,
    opened,
    transition,
)
from referrals_domain.model.events import EventAttribution
from referrals_domain.model.evidence import AddressCheck, Evidence
from referrals_domain.model.identifiers import (
    CustomerKey,
    LinkKey,
    MerchantId,
    OrderKey,
    ReferralId,
    ReferralKey,
)
from referrals_domain.model.link import ReferralLink
from referrals_domain.model.order import ReferredOrder
from referrals_domain.model.program import ReferralProgram
from referrals_domain.model.referral import Cause, Referral
from referrals_domain.model.rules import Case
from referrals_domain.ports.addresses import AddressUse
from referrals_domain.ports.conversions import AdvocateDay
from referrals_domain.use_cases.redacted import Redacted

if TYPE_CHECKING:
    from referrals_domain.model.attribution import Attribution
    from referrals_domain.model.explanation import Explanation


@attrs.define(kw_only=True)
class Docket:
    """
    What one transaction knows of a batch of orders; each decision counts for the next.

    Args:
        orders: The orders, attributed, with the facts of this batch merged in.
        programs: The programs of their merchants.
        links: The links that they are owed to.
        referrals: The referrals that they are bound to or may bind.
        friends: Which referral holds each friend.
        conversions: How many conversions each advocate has on an order's day, where a cap asks.
        redacted: Which customers were redacted.
        shared: The uses of addresses that friends of an advocate are known to share.
    """

    orders: dict[OrderKey, ReferredOrder]
    programs: Mapping[MerchantId, ReferralProgram]
    links: Mapping[LinkKey, ReferralLink]
    referrals: dict[ReferralKey, Referral]
    friends: dict[CustomerKey, ReferralId]
    conversions: dict[AdvocateDay, int]
    redacted: Redacted
    shared: set[AddressUse]
    _uses: set[AddressUse] = attrs.field(init=False, factory=set)

    def settle(self, key: OrderKey, *, at: datetime) -> list[Transition] | Undecided:
        """Decide one order: return what changes, or what must be known first."""
        order = self.orders[key]
        if order.attribution is None:
            return []
        case = self._case(order, order.attribution)
        if case is None:
            return []
        decision = decide(case, at=at)
        if isinstance(decision, Undecided):
            return decision
        before = case.referral
        moves = [] if before.key in self.referrals else [opened(before)]
        signal = EventAttribution(order.attribution.winner.source, case.link.code)
        moved = transition(before, case, decision, signal=signal, at=at)
        if moved:
            moves.append(moved)
            self._note(case, moved.referral)
        explanation = explain(case, at=at)
        if moved is None and order.explanation:
            explanation = _older(order.explanation, explanation)
        self.orders[key] = attrs.evolve(
            order, evidence=case.evidence, referral_id=before.id, explanation=explanation
        )
        return moves

    def _case(self, order: ReferredOrder, attribution: Attribution) -> Case | None:
        """Put a case together; None while only parts of the order are known."""
        facts = order.facts
        if facts.snapshot is None or facts.placed_at is None:
            return None
        link = self.links[LinkKey(order.merchant_id, attribution.referral_link_id)]
        referral = self._referral(order, attribution, link, facts.placed_at)
        program = self.programs[order.merchant_id]
        evidence = self._with_tombstones(order, link, facts.placed_at)
        if program.velocity_cap and evidence.advocate_conversions is None:
            day = advocate_day(link, facts.placed_at)
            others = self.conversions[day] - referral.holds_the_friend
            evidence = attrs.evolve(evidence, advocate_conversions=others)
        use = unchecked_use(order, link, program)
        if use:
            evidence = attrs.evolve(evidence, address=self._checked(use))
        holder = self.friends.get(order.friend) if order.friend else None
        return Case(
            facts=facts,
            snapshot=facts.snapshot,
            placed_at=facts.placed_at,
            link=link,
            referral=referral,
            program=program,
            evidence=evidence,
            friend_taken=holder not in {None, referral.id},
        )

    def _with_tombstones(
        self, order: ReferredOrder, link: ReferralLink, placed_at: datetime
    ) -> Evidence:
        """Return the evidence with what is known of tombstones, whom nobody can be asked about."""
        parties = {link.customer_id, order.facts.customer_id} - order.evidence.customers.keys()
        standings = {
            id_: self.redacted.standing(CustomerKey(order.merchant_id, id_), at=placed_at)
            for id_ in parties
            if id_ and id_.is_tombstone
        }
        if not standings:
            return order.evidence
        return attrs.evolve(order.evidence, customers={**standings, **order.evidence.customers})

    def _referral(
        self,
        order: ReferredOrder,
        attribution: Attribution,
        link: ReferralLink,
        placed_at: datetime,
    ) -> Referral:
        """Find the order's referral, else the share that it binds, else open one of its own."""
        own = self.referrals.get(order.referral_key)
        if own:
            return own
        named = map(self.referrals.get, attribution.share_keys(order.merchant_id))
        for share in named:
            if share and share.referral_link_id == link.id and share.awaits_an_order:
                return share
        return Referral.open(
            link,
            id=order.referral_key.referral_id,
            channel=attribution.channel,
            cause=Cause.ORDER_PLACED,
            at=placed_at,
        )

    def _checked(self, use: AddressUse) -> AddressCheck:
        """Look for the address among the orders that were decided before this one."""
        shared = use in self.shared or any(use.is_shared_with(other) for other in self._uses)
        return AddressCheck(address=use.address, customer_id=use.friend, shared=shared)

    def _note(self, case: Case, after: Referral) -> None:
        """Let the next cases of this batch see what this one changed."""
        before = case.referral
        self.referrals[after.key] = after
        day = advocate_day(case.link, case.placed_at)
        if day in self.conversions:
            self.conversions[day] += after.holds_the_friend - before.holds_the_friend
        if before.friend and self.friends.get(before.friend) == before.id:
            del self.friends[before.friend]
        if after.friend and after.holds_the_friend:
            self.friends[after.friend] = after.id
        use = AddressUse.of(case.facts, case.link)
        if use:
            self._uses.add(use)


def _older(known: Explanation, fresh: Explanation) -> Explanation:
    """Keep what is known, with its time, unless the fresh one says something else."""
    return known if attrs.evolve(fresh, decided_at=known.decided_at) == known else fresh


def advocate_day(link: ReferralLink, placed_at: datetime) -> AdvocateDay:
    """Return the day (UTC) of its advocate that an order counts for."""
    advocate = CustomerKey(link.merchant_id, link.customer_id)
    return AdvocateDay(advocate, placed_at.astimezone(UTC).date())


def unchecked_use(
    order: ReferredOrder, link: ReferralLink, program: ReferralProgram
) -> AddressUse | None:
    """Return the use of an address that a reviewer wants to know of, and nobody looked into."""
    use = AddressUse.of(order.facts, link) if program.review else None
    check = order.evidence.address
    if use and check and (check.address, check.customer_id) == (use.address, use.friend):
        return None
    return use
