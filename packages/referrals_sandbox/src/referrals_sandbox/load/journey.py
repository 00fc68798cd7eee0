"""What one advocate does, and the friends whom they reach: call by call through the gateway."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

import attrs

from referrals_sandbox.load.client import CallFailed, Client, Told
from referrals_sandbox.load.kinds import Kind, Trace
from referrals_sandbox.load.orders import Shared, placed
from referrals_sandbox.load.plan import Plan, advocate_id
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.referral import ReferralStatus
    from referrals_sandbox.load.scenario import Advocate, Share

_SERVICE: Final = "/referrals.v1.ReferralsService"
_FOUND: Final = 302
_BROWSER: Final = {
    "User-Agent": "Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Mobile Safari/537.36"
}
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0  # seconds between two looks at a status
_OUTCOME_WITHIN: Final = 300.0  # seconds: far more than any order waits that is not lost
_STATUS: Final = "REFERRAL_STATUS_"


class Shops(Protocol):
    """Where friends order; all methods raise SandboxError if Shopify refuses."""

    def place(self, domain: str, bodies: Sequence[bytes]) -> None:
        """Place orders, each the body of an `orders/create`."""

    def refund(self, domain: str, order_id: int) -> None:
        """Pay back all of an order."""


@attrs.frozen(kw_only=True)
class Journey:
    """
    Plays advocates.

    Args:
        plan: What is to be done.
        client: Does it, but for the orders.
        shops: Where friends order.
        told: Hears how long an order took, and how long until it had its outcome.
        sleep: Waits between two looks.
        within: How long to look for an outcome, in seconds.
    """

    plan: Plan
    client: Client
    shops: Shops
    told: Told
    sleep: Callable[[float], None] = time.sleep
    within: float = _OUTCOME_WITHIN

    def play(self, advocate: Advocate) -> None:
        """
        Have an advocate ask for their link and share it, and friends order.

        Raises:
            CallFailed: A call was not answered as it must be.
        """
        begun = datetime.now(UTC)
        customer_id = str(advocate_id(advocate.number))
        link = self._ask("link", "CreateReferralLink", customer_id=customer_id)["referral_link"]
        for share in advocate.shares:
            answer = self._ask(
                "share",
                "ShareLink",
                referral_link_id=link["id"],
                channel=f"CHANNEL_{share.channel.name}",
            )
            shared = Shared(advocate.number, begun, link["code"], answer["referral"]["id"])
            self._status(shared)
            path = "/" + answer["url"].split("/", 3)[3]
            for _ in range(share.visits):
                self.client.get("visit", path, _BROWSER, expected=_FOUND)
            if share.kind is Kind.LINK_REVOKED:
                self._ask("revoke", "RevokeReferralLink", referral_link_id=link["id"])
            if share.kind:
                self._order(share, shared)

    def _order(self, share: Share, shared: Shared) -> None:
        """Have a friend order, of which Shopify tells; look until the referral has its outcome."""
        shop, order_id = self.plan.shop_domain, self.plan.order_id(share.number)
        body = placed(share, shared, order_id=order_id, now=datetime.now(UTC))
        self._at_shop("order", lambda: self.shops.place(shop, [body]))
        if share.is_refunded:
            self._at_shop("refund", lambda: self.shops.refund(shop, order_id))
        if share.outcome and share.trace is not Trace.CODE:  # whose referral is another one
            self._await(share.outcome.status, shared)

    def _at_shop(self, step: str, happen: Callable[[], None]) -> None:
        """Have something happen in the shop."""
        began, failed = time.perf_counter(), None
        try:
            happen()
        except SandboxError as error:
            failed = CallFailed(f"{step}: {error}")
        self.told(step, time.perf_counter() - began, failed)
        if failed:
            raise failed

    def _await(self, status: ReferralStatus, shared: Shared) -> None:
        """Look until a referral stands where it must; whether it does is judged in the end."""
        began, pause = time.perf_counter(), _FIRST_PAUSE
        while self._status(shared) != status.name:
            waited = time.perf_counter() - began
            if waited > self.within:
                late = CallFailed(f"a referral was not {status.name} within {self.within:g} s")
                self.told("outcome", waited, late)
                return
            self.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        self.told("outcome", time.perf_counter() - began, None)

    def _status(self, shared: Shared) -> str:
        answer = self._ask("status", "GetReferralStatus", referral_id=shared.referral_id)
        return str(answer["status"]).removeprefix(_STATUS)

    def _ask(self, step: str, method: str, **question: str) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {self.plan.token}",
            "Content-Type": "application/json",
        }
        body = json.dumps({"merchant_id": self.plan.merchant_id, **question}).encode()
        answer = self.client.post(step, f"{_SERVICE}/{method}", body, headers).body
        asked: dict[str, Any] = json.loads(answer)
        return asked
