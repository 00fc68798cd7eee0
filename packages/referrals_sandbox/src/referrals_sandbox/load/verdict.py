"""
What was found against the truth that was drawn.

The truth of a rate is what was drawn in this very run: which part of the shares an honest friend
ordered by, and kept. The probability that it was drawn with is not: in one of twenty seeds that
lies outside a 95 % interval by chance alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from referrals_domain.model.link import Channel
from referrals_domain.model.referral import ReferralStatus
from referrals_sandbox.load.driven import Driven
from referrals_sandbox.load.found import Found, Measured
from referrals_sandbox.load.kinds import Kind, Outcome, Trace
from referrals_sandbox.neighbours.shopify_platform.webhooks import Posted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from referrals_sandbox.load.scenario import Share

PLANNED: Final = 700
"""Conversions an hour, as the plan has it."""

_HOUR: Final = 3600.0  # seconds


@attrs.frozen(kw_only=True)
class Rate:
    """
    How many shares of one channel convert, in truth and as it was measured.

    Args:
        converts: How many of them do in truth.
        shares: How many there are.
        measured: What `GetFunnel` says; None: nothing of the channel.
    """

    converts: int
    shares: int
    measured: Measured | None

    @property
    def truth(self) -> float:
        """The true rate."""
        return self.converts / self.shares

    @property
    def is_inside(self) -> bool:
        """Whether the truth lies within the interval that was reported."""
        measured = self.measured
        return measured is not None and measured.lower <= self.truth <= measured.upper


@attrs.frozen(kw_only=True)
class Judged:
    """
    What became of the orders of one kind.

    Args:
        orders: How many there are.
        refused: How many of them were refused.
    """

    orders: int
    refused: int


@attrs.frozen(kw_only=True)
class Verdict:
    """
    How a run went.

    Args:
        driven: How it went as who made it saw it.
        posted: What became of the webhooks.
        rates: The conversion of each channel.
        kinds: What became of the orders of each kind.
        visits: How often links were followed.
        visits_counted: How many of these visits `GetFunnel` tells. A link that takes too long to
            look up leads its friend on uncounted; docs/links.md tells of it.
        lost: How many honest orders carried too little for their share to be known.
        findings: What must not be, by what it is.
    """

    driven: Driven
    posted: Posted
    rates: Mapping[Channel, Rate]
    kinds: Mapping[Kind, Judged]
    visits: int
    visits_counted: int
    lost: int
    findings: Mapping[str, Sequence[str]]

    @property
    def holds(self) -> bool:
        """Whether all is as it must be."""
        return not any(self.findings.values())

    @property
    def precision(self) -> float | None:
        """Which part of the refused orders is suspicious; None: none was refused."""
        refused = sum(judged.refused for judged in self.kinds.values())
        return self._refused_rightly / refused if refused else None

    @property
    def recall(self) -> float | None:
        """Which part of the suspicious orders was refused; None: there was none."""
        suspicious = sum(one.orders for kind, one in self.kinds.items() if kind != Kind.HONEST)
        return self._refused_rightly / suspicious if suspicious else None

    @property
    def hourly(self) -> float:
        """How many shares completed an hour."""
        completed = sum(one.measured.completed for one in self.rates.values() if one.measured)
        return completed * _HOUR / self.driven.seconds

    @property
    def _refused_rightly(self) -> int:
        return sum(one.refused for kind, one in self.kinds.items() if kind != Kind.HONEST)


def judge(
    shares: Sequence[Share],
    found: Found,
    driven: Driven,
    posted: Posted,
    *,
    order_id: Callable[[int], int],
) -> Verdict:
    """
    Compare.

    Args:
        shares: The truth.
        found: What the service says.
        driven: How the run went.
        posted: What became of the webhooks.
        order_id: Returns the order of a share's number.
    """
    ordered = [share for share in shares if share.kind]
    outcomes = {share.number: found.orders.get(order_id(share.number)) for share in ordered}
    rates = {
        channel: Rate(
            converts=sum(share.converts for share in own),
            shares=len(own),
            measured=found.funnel.get(channel),
        )
        for channel in Channel
        if (own := [share for share in shares if share.channel is channel])
    }
    return Verdict(
        driven=driven,
        posted=posted,
        rates=rates,
        kinds=_kinds(ordered, outcomes),
        visits=sum(share.visits for share in shares),
        visits_counted=sum(one.measured.visits for one in rates.values() if one.measured),
        lost=sum(one.trace in {Trace.CODE, Trace.NOTHING} for one in ordered),
        findings={
            **_of_orders(ordered, outcomes),
            "funnel_counts_wrong": _of_funnel(shares, rates),
            "true_sms_rate_outside": _of_rate(rates.get(Channel.SMS)),
            "calls_failed": [*_of_calls(driven), *_of_webhooks(posted)],
        },
    )


def _kinds(
    ordered: Iterable[Share], outcomes: Mapping[int, Outcome | None]
) -> Mapping[Kind, Judged]:
    orders, refused = Counter[Kind | None](), Counter[Kind | None]()
    for share in ordered:
        orders[share.kind] += 1
        refused[share.kind] += _is(outcomes[share.number], ReferralStatus.REJECTED)
    return {
        kind: Judged(orders=orders[kind], refused=refused[kind]) for kind in Kind if orders[kind]
    }


def _of_orders(
    ordered: Iterable[Share], outcomes: Mapping[int, Outcome | None]
) -> dict[str, list[str]]:
    """Return which orders do not stand where they must, each under the gravest name it has."""
    names = ("honest_household_blocked", "conversion_missing", "conversion_too_many")
    findings: dict[str, list[str]] = {name: [] for name in (*names, "outcome_wrong")}
    for share in ordered:
        was, must = outcomes[share.number], share.outcome
        if was == must:
            continue
        if share.household is not None and _is(was, ReferralStatus.REJECTED):
            name = "honest_household_blocked"
        elif _is(must, ReferralStatus.COMPLETED):
            name = "conversion_missing"
        elif _is(was, ReferralStatus.COMPLETED):
            name = "conversion_too_many"
        else:
            name = "outcome_wrong"
        findings[name].append(
            f"share {share.number} ({share.kind}): {_said(was)}, not {_said(must)}"
        )
    return findings


def _of_funnel(shares: Iterable[Share], rates: Mapping[Channel, Rate]) -> list[str]:
    """Return where the funnel counts something else than what happened, or invents visits."""
    visits, completed = Counter[Channel](), Counter[Channel]()
    for share in shares:
        visits[share.channel] += share.visits
        known = _is(share.outcome, ReferralStatus.COMPLETED) and share.trace is not Trace.CODE
        completed[share.channel] += known
    findings = []
    for channel, rate in rates.items():
        one, must = rate.measured, (rate.shares, completed[channel])
        was = (one.shares, one.completed) if one else (0, 0)
        if was != must:
            findings.append(f"{channel}: shares and completed are {was}, not {must}")
        if one and one.visits > visits[channel]:
            findings.append(f"{channel}: {one.visits} visits, of {visits[channel]}")
    return findings


def _of_rate(sms: Rate | None) -> list[str]:
    if sms is None or sms.is_inside:
        return []
    one = sms.measured
    reported = f"{one.lower:.2%} to {one.upper:.2%}" if one else "nothing"
    return [f"the true rate is {sms.truth:.2%}, and what was reported {reported}"]


def _of_calls(driven: Driven) -> list[str]:
    failed = sum(step.failures for step in driven.steps)
    return [f"{failed} calls failed", *driven.errors] if failed or driven.errors else []


def _of_webhooks(posted: Posted) -> list[str]:
    if not (posted.in_vain or posted.given_up):
        return []
    return [f"{posted.in_vain} posts of webhooks failed, {posted.given_up} were given up"]


def _is(outcome: Outcome | None, status: ReferralStatus) -> bool:
    return outcome is not None and outcome.status is status


def _said(outcome: Outcome | None) -> str:
    return f"{outcome.status} ({outcome.cause})" if outcome else "no referral"
