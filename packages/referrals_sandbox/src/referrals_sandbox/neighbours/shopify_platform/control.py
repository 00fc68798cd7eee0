"""What Shopify is told by whoever tests with it, over HTTP; `shopkeeper` tells it."""

from __future__ import annotations

import json
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from cattrs import BaseValidationError
from starlette.responses import Response
from starlette.routing import Route

from referrals_adapters.wire.documents import from_document, to_document
from referrals_sandbox.neighbours.shopify_platform.faults import Faults
from referrals_sandbox.neighbours.shopify_platform.order import Refusal
from referrals_sandbox.neighbours.shopify_platform.shop import Terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from referrals_sandbox.neighbours.shopify_platform.platform import Shopify

    Path = dict[str, Any]
    Verb = Callable[[Path, str], str | None]

_SHOP = "/control/shops/{domain}"
_ORDER = "/control/shops/{domain}/orders/{order_id:int}"


def routes(shopify: Shopify) -> list[Route]:
    """Return the routes of everything that can be told."""

    def agree(_: Path, terms: str) -> None:
        shopify.agree(from_document(Terms, terms))

    def report(path: Path, _: str) -> str:
        return to_document(shopify.report(**path))

    def place(path: Path, orders: str) -> None:
        shopify.place(**path, documents=json.loads(orders))

    def refund(path: Path, amount: str) -> None:
        shopify.refund(**path, amount=Decimal(amount) if amount else None)

    def fail(_: Path, faults: str) -> None:
        shopify.circumstances.fail(from_document(Faults, faults))

    return [
        _route("PUT", _SHOP, agree),
        _route("GET", _SHOP, report),
        _route("DELETE", _SHOP, lambda path, _: shopify.uninstall(**path)),
        _route("POST", f"{_SHOP}/orders", place),
        _route("POST", f"{_ORDER}/pay", lambda path, _: shopify.pay(**path)),
        _route("POST", f"{_ORDER}/cancel", lambda path, _: shopify.cancel(**path)),
        _route("POST", f"{_ORDER}/touch", lambda path, _: shopify.touch(**path)),
        _route("POST", f"{_ORDER}/refund", refund),
        _route("PUT", "/control/faults", fail),
        _route("POST", "/control/away", lambda _, time: shopify.circumstances.leave(float(time))),
    ]


def _route(method: str, path: str, verb: Verb) -> Route:
    async def told(request: Request) -> Response:
        body = (await request.body()).decode()
        try:
            answer = verb(request.path_params, body)
        except KeyError as error:
            return Response(f"there is no {error}", HTTPStatus.NOT_FOUND)
        except (ValueError, ArithmeticError, Refusal, BaseValidationError) as error:
            return Response(repr(error), HTTPStatus.UNPROCESSABLE_ENTITY)
        return Response(answer or "", media_type="application/json")

    return Route(path, told, methods=[method])
