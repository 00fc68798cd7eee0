"""What the tests tell Shopify, over HTTP, and who tells it."""

from __future__ import annotations

import json
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import attrs
import httpx
from cattrs import BaseValidationError
from starlette.responses import Response
from starlette.routing import Route

from referrals_adapters.wire.documents import from_document, to_document
from referrals_sandbox.neighbours.shopify_platform.faults import Faults
from referrals_sandbox.neighbours.shopify_platform.order import Refusal
from referrals_sandbox.neighbours.shopify_platform.platform import Report
from referrals_sandbox.neighbours.shopify_platform.shop import Terms
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request

    from referrals_sandbox.neighbours.shopify_platform.platform import Shopify

    Verb = Callable[[Request, bytes], str | None]

_WITHIN: Final = 30.0  # seconds: placing thousands of orders takes its time


@attrs.frozen
class Shopkeeper:
    """
    Has things happen in a Shopify that runs in another process.

    The methods are those of `platform.Shopify`; all raise SandboxError if it refuses.

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


def routes(shopify: Shopify) -> list[Route]:
    """Return the routes by which things are had happen."""
    shop, order = "/control/shops/{domain}", "/control/shops/{domain}/orders/{id:int}"
    verbs: list[tuple[str, str, Verb]] = [
        ("PUT", shop, lambda _, body: shopify.agree(from_document(Terms, body.decode()))),
        ("GET", shop, lambda request, _: to_document(shopify.report(_domain(request)))),
        ("DELETE", shop, lambda request, _: shopify.uninstall(_domain(request))),
        (
            "POST",
            f"{shop}/orders",
            lambda request, body: shopify.place(_domain(request), json.loads(body)),
        ),
        ("POST", f"{order}/pay", lambda request, _: shopify.pay(*_order(request))),
        ("POST", f"{order}/cancel", lambda request, _: shopify.cancel(*_order(request))),
        ("POST", f"{order}/touch", lambda request, _: shopify.touch(*_order(request))),
        (
            "POST",
            f"{order}/refund",
            lambda request, body: shopify.refund(
                *_order(request), Decimal(body.decode()) if body else None
            ),
        ),
        (
            "PUT",
            "/control/faults",
            lambda _, body: shopify.circumstances.fail(from_document(Faults, body.decode())),
        ),
        ("POST", "/control/away", lambda _, body: shopify.circumstances.leave(float(body))),
    ]
    return [Route(path, _told(verb), methods=[method]) for method, path, verb in verbs]


def _told(verb: Verb) -> Any:
    async def told(request: Request) -> Response:
        try:
            answer = verb(request, await request.body())
        except KeyError as error:
            return Response(f"there is no {error}", HTTPStatus.NOT_FOUND)
        except (ValueError, ArithmeticError, Refusal, BaseValidationError) as error:
            return Response(repr(error), HTTPStatus.UNPROCESSABLE_ENTITY)
        return Response(answer or "", media_type="application/json")

    return told


def _domain(request: Request) -> str:
    return str(request.path_params["domain"])


def _order(request: Request) -> tuple[str, int]:
    return _domain(request), request.path_params["id"]
