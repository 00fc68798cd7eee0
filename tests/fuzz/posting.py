"""What must hold of the http role and the worker, in memory, whatever is posted to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

from dependency_injector.providers import Callable as Provided
from dependency_injector.providers import Object

from referrals_adapters.shopify.signature import HEADER, sign
from referrals_adapters.telemetry.metrics import Metrics
from referrals_domain.model.delivery import Receipt
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.testing import builders
from referrals_domain.testing.builders import SHOP
from referrals_domain.testing.memory.intake import InMemoryIntake
from referrals_domain.testing.memory.neighbours import InMemoryCustomerValidator
from referrals_domain.testing.time_and_chance import FixedClock
from referrals_webhook.container.http import HttpContainer
from tests.domain.world import ADVOCATE, World
from tests.fuzz.calls import TOPICS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from referrals_domain.model.evidence import CustomerStanding
    from referrals_domain.model.identifiers import CustomerKey
    from referrals_domain.ports.transaction import Transaction
    from tests.fuzz.calls import Call

SECRET: Final = "shpss_1"
HEADERS: Final = (
    (b"x-shopify-shop-domain", SHOP.encode()),
    (b"content-type", b"application/json"),
)
KNOWN: Final = {ADVOCATE: builders.standing(frequency=3)}
STRANGER: Final = builders.standing(known=False)
WORDS: Final = {*Receipt, "quarantined"} - {Receipt.SHOP_MISMATCH}
"""What Shopify may be answered while nothing is away."""


class KnowsTheAdvocateAlone(InMemoryCustomerValidator):
    """Core, to which every other customer is new."""

    async def standings(
        self, customers: Collection[CustomerKey]
    ) -> Mapping[CustomerKey, CustomerStanding]:
        """Return a standing for each."""
        return {key: self.known.get(key, STRANGER) for key in customers}


class Shop:
    """The http role with its own store in memory, and the worker beside it."""

    def __init__(self) -> None:
        self.world = new_world()
        self._app = HttpContainer(
            metrics=Metrics(),
            secrets=(SECRET,),
            begin=Provided(self._begin),
            intake=Object(InMemoryIntake(self._begin)),
            clock=Object(FixedClock()),
        ).app()

    def _begin(self) -> Transaction:
        return self.world.store.begin()

    async def require_answers(self, calls: Sequence[Call]) -> set[str]:
        """
        Post calls, work, and do both again; return the words that were answered.

        Every signed body is stored, not ours, or kept byte for byte for a person; nothing is
        unforeseen, and the second time changes nothing.
        """
        self.world = new_world()
        await self.world.set_up()
        words = {await self._require_answer(call) for call in calls}
        await self.world.work_until_done()
        self._require_one_reward_at_most()
        once = self.world.store.state.copy()
        for call in calls:
            await self._require_answer(call)
        await self.world.work_until_done()
        self._require_one_reward_at_most()
        assert self.world.store.state.referrals.keys() == once.referrals.keys()
        assert self.world.store.state.deliveries.keys() == once.deliveries.keys()
        return words

    async def _require_answer(self, call: Call) -> str:
        before = self._kept()
        status, word = await self._post(call)
        if call.topic not in TOPICS:
            assert status in {404, 405}, status
            return "not_found"
        assert (status, word in WORDS) == (200, True), (status, word)
        kept = self._kept()
        if word == "quarantined":
            assert call.body in kept
            assert not kept[call.body].startswith("unforeseen"), kept[call.body]
        else:
            assert kept.items() <= before.items()
        return word

    def _kept(self) -> dict[bytes, str]:
        """Return the bodies that wait for a person, and why."""
        return {one.body: one.reason for one in self.world.store.state.quarantine.values()}

    async def _post(self, call: Call) -> tuple[int, str]:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": call.body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        path = b"/" + call.topic
        scope = {
            "type": "http",
            "method": "POST",
            "path": unquote_to_bytes(path).decode("utf-8", "replace"),
            "raw_path": path,
            "query_string": b"",
            "headers": [(HEADER, sign(call.body, SECRET)), *HEADERS],
        }
        await self._app(scope, receive, send)
        body = b"".join(message.get("body", b"") for message in sent[1:])
        word = "".join(json.loads(body).values()) if body.startswith(b"{") else ""
        return sent[0]["status"], word

    def _require_one_reward_at_most(self) -> None:
        state = self.world.store.state
        completed = [
            one for one in state.referrals.values() if one.status is ReferralStatus.COMPLETED
        ]
        assert self.world.net_reward() == len(completed)
        friends = [one.referred_customer_id for one in completed]
        assert len(friends) == len(set(friends))
        orders = [one.order_id for one in state.referrals.values() if one.order_id]
        assert len(orders) == len(set(orders))


def new_world() -> World:
    """Return a world in which nothing has happened."""
    return World(core=KnowsTheAdvocateAlone(known=dict(KNOWN)))
