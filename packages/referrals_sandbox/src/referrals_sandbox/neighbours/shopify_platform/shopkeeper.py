"""Who has things happen in a Shopify that runs in another process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import httpx

from referrals_adapters.wire.documents import from_document, to_document
from referrals_sandbox.neighbours.shopify_platform.platform import Report
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from referrals_sandbox.neighbours.shopify_platform.faults import Faults
    from referrals_sandbox.neighbours.shopify_platform.shop import Terms

_WITHIN: Final = 30.0  # seconds: placing thousands of orders takes its time


@attrs.frozen
class Shopkeeper:
    """
    Tells Shopify what happens; all methods raise SandboxError if it refuses.

    Args:
        url: Where it is.
    """

    url: str

    def agree(self, terms: Terms) -> None:
        """Open a shop with the app; one that there is goes on by these terms."""
        self._tell("PUT", f"shops/{terms.domain}", to_document(terms))

    def place(self, domain: str, bodies: Sequence[bytes]) -> None:
        """Place orders, each the body of an `orders/create`."""
        self._tell("POST", f"shops/{domain}/orders", b"[%s]" % b",".join(bodies))

    def pay(self, domain: str, order_id: int) -> None:
        """Have an order paid."""
        self._tell("POST", f"shops/{domain}/orders/{order_id}/pay")

    def cancel(self, domain: str, order_id: int) -> None:
        """Cancel an order."""
        self._tell("POST", f"shops/{domain}/orders/{order_id}/cancel")

    def refund(self, domain: str, order_id: int, amount: Decimal | None = None) -> None:
        """Pay back a part of an order, in the shop's currency; None: all that is left."""
        part = "" if amount is None else str(amount)
        self._tell("POST", f"shops/{domain}/orders/{order_id}/refund", part)

    def touch(self, domain: str, order_id: int) -> None:
        """Change something of an order that no webhook is about."""
        self._tell("POST", f"shops/{domain}/orders/{order_id}/touch")

    def uninstall(self, domain: str) -> None:
        """Remove the app from a shop."""
        self._tell("DELETE", f"shops/{domain}")

    def report(self, domain: str) -> Report:
        """Tell how a shop stands."""
        return from_document(Report, self._tell("GET", f"shops/{domain}"))

    def fail(self, faults: Faults) -> None:
        """Have these faults from now on, and no others."""
        self._tell("PUT", "faults", to_document(faults))

    def leave(self, seconds: float) -> None:
        """Be away for so many seconds of Shopify's, from now on; 0: be back."""
        self._tell("POST", "away", str(seconds))

    def _tell(self, method: str, path: str, content: str | bytes = b"") -> str:
        url = f"{self.url}/control/{path}"
        try:
            answer = httpx.request(
                method,
                url,
                content=content,
                timeout=_WITHIN,
                trust_env=False,
                verify=False,  # noqa: S501 - it is no TLS, whose certificates take 20 ms to read
            )
        except httpx.HTTPError as error:
            raise SandboxError(f"{method} {url!r} failed: {error!r}") from error
        if answer.is_error:
            raise SandboxError(f"{method} {url!r} answered {answer.status_code}: {answer.text}")
        return answer.text
