"""The second act: an order is refunded, and the reward for it is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_domain.model.events import ReferralCompleted, ReferralReversed
from referrals_domain.model.identifiers import EventId, ReferralId
from referrals_sandbox.neighbours.frontend import open_frontend
from referrals_sandbox.neighbours.shopify_platform.shopkeeper import Shopkeeper
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.story.entries import entries
from referrals_sandbox.story.play import order_by, place, standing_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from referrals_sandbox.composition.description import Description
    from referrals_sandbox.composition.progress import Progress
    from referrals_sandbox.neighbours.frontend import Frontend
    from referrals_sandbox.neighbours.shopify_order import FriendsOrder


@attrs.frozen(kw_only=True)
class Reversed:
    """
    A referral that was COMPLETED and is REVERSED.

    Args:
        referral_id: The referral.
        completed_version: The version that completed.
        version: The version that is reversed.
    """

    referral_id: str
    completed_version: int
    version: int

    @property
    def event_ids(self) -> list[str]:
        """The ids that its two events must have."""
        id_ = ReferralId(self.referral_id)
        return [
            EventId.of_change(id_, ReferralCompleted.type, self.completed_version),
            EventId.of_change(id_, ReferralReversed.type, self.version),
        ]


def play_reversal(sandbox: Description, progress: Progress) -> Reversed:
    """
    Play a referral from reward to refund.

    Raises:
        SandboxError: A step did not hold.
    """
    with open_frontend(sandbox.gateway_address, sandbox.token) as frontend:
        order, completed_version = _rewarded(sandbox, frontend, progress)
        with progress.step("refund") as say:
            Shopkeeper(sandbox.shopify).refund(sandbox.shop_domain, order.order_id)
            say(f"all of order {order.order_id}: Shopify posts refunds/create, signed")
        with progress.step("reversed") as say:
            standing = standing_of(sandbox, frontend, order.referral_id, expected="REVERSED")
            say(f"GetReferralStatus on both paths: {standing}")
        with progress.step("in words") as say:
            say(frontend.summary(sandbox.merchant_id, order.referral_id))
    reversed_ = Reversed(
        referral_id=order.referral_id,
        completed_version=completed_version,
        version=standing.version,
    )
    for title, check in CHECKS.items():
        with progress.step(title) as say:
            say(check(sandbox, reversed_))
    return reversed_


def _rewarded(
    sandbox: Description, frontend: Frontend, progress: Progress
) -> tuple[FriendsOrder, int]:
    """Return the order of one more friend, once the advocate has the reward for it."""
    with progress.step("next order") as say:
        share = frontend.share(sandbox.merchant_id, sandbox.referral_link_id, pb.CHANNEL_SMS)
        order = order_by(sandbox, share.id)
        say(f"referral {share.id}")
        say(place(sandbox, order))
        standing = standing_of(sandbox, frontend, share.id, expected="COMPLETED")
        (reward,) = entries("Points", sandbox.points, share.id, count=1)
        say(f"balance {reward['balance']}")
    return order, standing.version


def points(sandbox: Description, reversed_: Reversed) -> str:
    """Return the one debit that leaves the advocate with what they had before."""
    credit, debit = entries("Points", sandbox.points, reversed_.referral_id, count=2)
    _require([credit["event_id"], debit["event_id"]], reversed_.event_ids, "Points heard")
    _require(debit["balance"], credit["balance"] - credit["points"], "the balance is")
    return f"{debit['points']} points, balance {debit['balance']}, event {debit['event_id']}"


def rfm_analytics(sandbox: Description, reversed_: Reversed) -> str:
    """Return the score that the debit left."""
    rewarded, lowered = entries(
        "RFM Analytics", sandbox.rfm_analytics, reversed_.referral_id, count=2
    )
    _, debit = entries("Points", sandbox.points, reversed_.referral_id, count=2)
    _require(lowered["event_id"], debit["reward_id"], "RFM Analytics heard")
    _require(lowered["referrals"], rewarded["referrals"] - 1, "the rewarded referrals are")
    return f"score {rewarded['score']} -> {lowered['score']}, reward {lowered['event_id']}"


def admincore(sandbox: Description, reversed_: Reversed) -> str:
    """Return the last of the two lines in the audit log."""
    lines = entries("AdminCore", sandbox.admincore, reversed_.referral_id, count=2)
    heard = sorted(line["event_id"] for line in lines)  # topics have no mutual order
    _require(heard, sorted(reversed_.event_ids), "AdminCore heard")
    return next(str(line["text"]) for line in lines if line["event_id"] == reversed_.event_ids[1])


CHECKS: Mapping[str, Callable[[Description, Reversed], str]] = {
    "points": points,
    "rfm analytics": rfm_analytics,
    "admincore": admincore,
}
"""Every place that took something back, in the order in which the event travels."""


def _require(seen: object, expected: object, what: str) -> None:
    if seen != expected:
        raise SandboxError(f"{what} {seen}, not {expected}")
