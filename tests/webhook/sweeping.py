"""Two shops in which the same happens, and the program that Shopify tells of it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import attrs

from referrals_domain.model.identifiers import (
    LinkId,
    MerchantId,
    OrderId,
    ReferralId,
    ReferralKey,
    ShopDomain,
)
from referrals_domain.model.program import CompleteOn
from referrals_domain.testing import builders
from referrals_sandbox.neighbours.shopify_order import PlacedOrder, Price
from referrals_sandbox.neighbours.shopify_platform.limits import Plan
from referrals_sandbox.neighbours.shopify_platform.shop import Terms
from referrals_sandbox.neighbours.shopify_platform.shopkeeper import Shopkeeper
from tests.broker import records
from tests.waiting import until
from tests.webhook.orders import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from referrals_domain.model.referral import Cause, ReferralStatus
    from referrals_sandbox.neighbours.shopify_platform.platform import Report
    from tests.webhook.stage import Stage

KINDS: Final = 10
_FRIENDS: Final = 5_000_000_000_000
_TOPICS: Final = ("referral.completed", "referral.reversed")


class Ended(NamedTuple):
    """How an order ended; the time and the number of changes may differ."""

    status: ReferralStatus
    cause: Cause
    net_reward: int


@attrs.frozen(kw_only=True)
class SweptShop:
    """
    A shop, and a program that completes when an order is paid.

    Args:
        name: Its merchant.
        first_order: The number of its first order.
        keeper: Has things happen in it.
    """

    name: str
    first_order: int
    keeper: Shopkeeper = attrs.field(repr=False)

    @property
    def merchant_id(self) -> MerchantId:
        return MerchantId(self.name)

    @property
    def domain(self) -> ShopDomain:
        return ShopDomain(f"{self.name}.myshopify.com")

    @property
    def token(self) -> str:
        return f"shpat_{self.name}"

    @property
    def report(self) -> Report:
        return self.keeper.report(self.domain)

    async def open(self, stage: Stage, gateway: str, plan: Plan = Plan.ADVANCED) -> None:
        """Open it, with a link of an advocate."""
        async with stage.begin() as tx:
            await tx.programs.save(
                builders.program(
                    merchant_id=self.merchant_id,
                    shop_domain=self.domain,
                    complete_on=CompleteOn.ORDER_PAID,
                )
            )
            id_ = LinkId(f"11111111-1111-4111-8111-{self.first_order % 10**12:012}")
            await tx.links.add(builders.link(id=id_, merchant_id=self.merchant_id))
            await tx.commit()
        self.keeper.agree(
            Terms(
                domain=self.domain,
                plan=plan,
                token=self.token,
                gateway=gateway,
                secrets=(SECRET,),
            )
        )

    def happens(self, numbers: Iterable[int]) -> None:
        """Have orders placed, and what their kind is about."""
        now = datetime.now(UTC)
        orders = {number: self.first_order + number for number in numbers}
        bodies = [_placed(number, order, now).body() for number, order in orders.items()]
        self.keeper.place(self.domain, bodies)
        for number, order in orders.items():
            self._goes_on(number % KINDS, order)

    def _goes_on(self, kind: int, order: int) -> None:
        match kind:
            case 1:
                self.keeper.pay(self.domain, order)
            case 2 | 3:
                self.keeper.cancel(self.domain, order)
            case 4 | 5:
                self.keeper.refund(self.domain, order)
            case 6:
                self.keeper.refund(self.domain, order, Decimal("7.10"))
            case 7:
                self.keeper.touch(self.domain, order)
            case _:
                pass

    async def ended(self, stage: Stage, count: int) -> dict[int, Ended]:
        """Return how each of its orders ended."""
        net = Counter[str]()
        for topic, reward in zip(_TOPICS, (1, -1), strict=True):
            copies = {record.value: record.key for record in await records(stage.kafka, topic)}
            for key in copies.values():
                net[key.decode()] += reward
        keys = {
            ReferralKey(self.merchant_id, ReferralId.of_order(self.merchant_id, order)): number
            for number in range(count)
            if (order := OrderId(str(self.first_order + number)))
        }
        async with stage.begin() as tx:
            found = await tx.referrals.get(keys)
        return {
            keys[key]: Ended(one.status, one.cause, net[key.referral_id])
            for key, one in found.items()
        }


def access_file(path: Path, shops: Sequence[SweptShop], plan: Plan = Plan.ADVANCED) -> str:
    """Write what shops let us ask, and return where."""
    shown = {shop.domain: {"token": shop.token, "plan": plan.value} for shop in shops}
    path.write_text(json.dumps(shown))
    return str(path)


async def quiet(stage: Stage, shop: SweptShop) -> None:
    """Wait until no webhook is on its way, no delivery waits, and no event."""

    async def is_quiet() -> bool:
        await asyncio.sleep(0.1)
        return not (
            shop.report.posted.pending
            or await stage.rows("deliveries WHERE outcome IS NULL", "1")
            or await stage.rows("outbox", "1")
        )

    await until(is_quiet, within=30)


def _placed(number: int, order_id: int, at: datetime) -> PlacedOrder:
    by_kind: dict[int, dict[str, Any]] = {
        8: {"customer_id": int(builders.ADVOCATE)},
        9: {"customer_id": None},
        5: {"presented": Price("61.73", "EUR")},
    }
    return PlacedOrder(
        **{
            "placed_at": at,
            "order_id": order_id,
            "customer_id": _FRIENDS + number,
            "attributes": {"ref": str(builders.CODE)},
            "discount": None,
            "landing_site": "/",
            "is_paid": number % KINDS not in {1, 3},
            **by_kind.get(number % KINDS, {}),
        }
    )
