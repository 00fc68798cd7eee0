"""The first act: a referral from share to reward."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.composition.merchant import CODE_PREFIX
from referrals_sandbox.neighbours.frontend import Frontend, open_frontend
from referrals_sandbox.neighbours.shopify_order import FriendsOrder
from referrals_sandbox.neighbours.shopify_platform.shopkeeper import Shopkeeper
from referrals_sandbox.neighbours.world import WorldFile
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.story.checks import CHECKS, Completed
from referrals_sandbox.story.patience import until

if TYPE_CHECKING:
    from referrals_sandbox.composition.description import Description
    from referrals_sandbox.composition.progress import Progress
    from referrals_sandbox.neighbours.frontend import Standing
    from referrals_sandbox.neighbours.world import World


def play(sandbox: Description, progress: Progress) -> Completed:
    """
    Play a referral from share to reward.

    Raises:
        SandboxError: A step did not hold.
    """
    with open_frontend(sandbox.gateway_address, sandbox.token) as frontend:
        order = _share(sandbox, frontend, progress)
        with progress.step("order") as say:
            say(place(sandbox, order))
        with progress.step("completed") as say:
            standing = standing_of(sandbox, frontend, order.referral_id, expected="COMPLETED")
            say(f"GetReferralStatus on both paths: {standing}")
    completed = Completed(
        referral_id=order.referral_id,
        version=standing.version,
        order_id=order.order_id,
        friend_id=order.friend_id,
    )
    for title, check in CHECKS.items():
        with progress.step(title) as say:
            say(check(sandbox, completed))
    return completed


def _share(sandbox: Description, frontend: Frontend, progress: Progress) -> FriendsOrder:
    """Share the link by SMS, and return the order that the friend will place."""
    with progress.step("share") as say:
        referral = frontend.share(sandbox.merchant_id, sandbox.referral_link_id, pb.CHANNEL_SMS)
        say(f"ShareLink by SMS: referral {referral.id}")
    with progress.step("pending") as say:
        standing = standing_of(sandbox, frontend, referral.id, expected="PENDING")
        say(f"GetReferralStatus on both paths: {standing}")
    return order_by(sandbox, referral.id)


def order_by(sandbox: Description, referral_id: str) -> FriendsOrder:
    """Return the order that a friend will place who came by a share."""
    return FriendsOrder(
        code=sandbox.referral_link_code,
        prefix=CODE_PREFIX,
        referral_id=referral_id,
        channel="sms",
        placed_at=datetime.now(UTC),
    )


def place(sandbox: Description, order: FriendsOrder) -> str:
    """Have somebody order whom Core does not know."""
    friend = f"{sandbox.merchant_id}/{order.friend_id}"

    def with_the_friend(world: World) -> World:
        return attrs.evolve(world, customers={**world.customers, friend: None})

    WorldFile(Path(sandbox.world)).change(with_the_friend)
    Shopkeeper(sandbox.shopify).place(sandbox.shop_domain, [order.body()])
    return f"order {order.order_id} at {sandbox.shop_domain}: Shopify posts orders/create, signed"


def standing_of(
    sandbox: Description, frontend: Frontend, referral_id: str, *, expected: str
) -> Standing:
    """Return how the referral stands once both paths say what is expected, and say the same."""
    last: list[Standing] = []

    def look() -> Standing | None:
        last[:] = frontend.statuses(sandbox.merchant_id, referral_id)
        long, short = last
        return long if long == short and long.status == expected else None

    try:
        return until(look, otherwise=f"the referral was not {expected}")
    except SandboxError as error:
        answers = " and ".join(map(str, last))
        raise SandboxError(f"{error}: the two paths answer {answers}") from error
