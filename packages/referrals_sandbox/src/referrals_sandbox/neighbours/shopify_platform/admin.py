"""
The Admin API, over HTTP.

https://shopify.dev/docs/api/admin-graphql: want of points is told with 200, and so are mistakes in
a query. Shopify limits the number of requests for REST only; here too, as our budget keeps both.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import attrs
from cattrs import BaseValidationError
from graphql import GraphQLError, execute_sync, parse, validate
from starlette.responses import JSONResponse, Response

from referrals_adapters.wire.documents import from_document
from referrals_sandbox.neighbours.shopify_platform.costs import MOST, costs_of
from referrals_sandbox.neighbours.shopify_platform.faults import Answered
from referrals_sandbox.neighbours.shopify_platform.platform import Shopify
from referrals_sandbox.neighbours.shopify_platform.queries import SCHEMA, root_of
from referrals_sandbox.neighbours.shopify_platform.shop import VERSIONS

if TYPE_CHECKING:
    from graphql import DocumentNode
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from referrals_sandbox.neighbours.shopify_platform.order import Document
    from referrals_sandbox.neighbours.shopify_platform.shop import Calls, Shop

_TOKEN: Final = "X-Shopify-Access-Token"  # noqa: S105 - the header's name


@attrs.frozen
class Asked:
    """What a call asks for, by the names that GraphQL over HTTP has for it."""

    query: str
    variables: dict[str, Any] | None = None
    operationName: str | None = None  # noqa: N815 - as above


@attrs.frozen
class Admin:
    """
    Answers for all shops.

    Args:
        shopify: Has the shops.
    """

    shopify: Shopify

    async def answer(self, request: Request) -> Response:
        """Answer one call."""
        body = await request.body()
        if self.shopify.circumstances.is_away:
            return _unavailable()
        host = request.headers.get("Host", "").partition(":")[0]
        shop = self.shopify.shops.get(request.path_params.get("domain", host))
        if shop is None or request.path_params["version"] not in VERSIONS:
            return _refused(HTTPStatus.NOT_FOUND, "Not Found")
        if not shop.has_app or request.headers.get(_TOKEN) != shop.terms.token:
            return _refused(HTTPStatus.UNAUTHORIZED, "[API] Invalid API key or access token")
        shop.calls.count(asyncio.get_running_loop().time())
        return self._troubled(shop, body) or _within_limits(shop, body)

    def _troubled(self, shop: Shop, body: bytes) -> Response | None:
        """Return what a fault makes of the answer, if there is one."""
        answered = self.shopify.circumstances.faults.answered()
        shop.calls.troubled += answered is not None
        match answered:
            case Answered.TOO_MANY:
                return _too_many(shop.calls)
            case Answered.UNAVAILABLE:
                return _unavailable()
            case Answered.THROTTLED:
                return JSONResponse(_throttled(shop.calls, 0))
            case Answered.HALF:
                return _Half(_within_limits(shop, body).body)
            case None:
                return None


class _Half(Response):
    """Ends the connection in the middle of a body."""

    media_type = "application/json"

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        raise ConnectionAbortedError("as it was told")  # on which the server ends the connection


def _within_limits(shop: Shop, body: bytes) -> Response:
    if not shop.calls.requests.take(1):
        shop.calls.too_many += 1
        return _too_many(shop.calls)
    asked = _read(body)
    if asked is None:
        return _refused(HTTPStatus.BAD_REQUEST, "Bad Request")
    return JSONResponse(_answer(shop, asked))


def _read(body: bytes) -> Asked | None:
    try:
        return from_document(Asked, body.decode())
    except (ValueError, BaseValidationError):
        return None


def _answer(shop: Shop, asked: Asked) -> Document:
    given, name = asked.variables or {}, asked.operationName
    try:
        document = _valid(asked.query)
    except GraphQLError as error:
        return _mistaken(error)
    costs = costs_of(SCHEMA, document, name, given)
    requested = costs.requested() if costs else 0
    if requested > MOST:
        return _too_dear(requested)
    if not shop.calls.points.take(requested):
        shop.calls.throttled += 1
        return _throttled(shop.calls, requested)
    result = execute_sync(
        SCHEMA, document, root_of(shop), variable_values=given, operation_name=name
    )
    actual = costs.actual(result.data) if costs and result.data else 0
    shop.calls.points.left += requested - actual
    cost = {"requestedQueryCost": requested, "actualQueryCost": actual, **_status(shop.calls)}
    return {**result.formatted, "extensions": {"cost": cost}}


@lru_cache(maxsize=64)
def _valid(query: str) -> DocumentNode:
    """
    Parse a query.

    Raises:
        GraphQLError: It is none, or not one of the schema.
    """
    document = parse(query)
    for error in validate(SCHEMA, document):
        raise error
    return document


def _mistaken(error: GraphQLError) -> Document:
    return {"errors": [error.formatted]}


def _too_dear(requested: int) -> Document:
    text = f"Query cost is {requested}, which exceeds the single query max cost limit ({MOST})."
    extensions = {"code": "MAX_COST_EXCEEDED", "cost": requested, "maxCost": MOST}
    return {"errors": [{"message": text, "extensions": extensions}]}


def _throttled(calls: Calls, requested: int) -> Document:
    cost = {"requestedQueryCost": requested, "actualQueryCost": None, **_status(calls)}
    error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    return {"errors": [error], "extensions": {"cost": cost}}


def _status(calls: Calls) -> Document:
    return {
        "throttleStatus": {
            "maximumAvailable": calls.points.holds,
            "currentlyAvailable": int(calls.points.left),
            "restoreRate": calls.points.rate,
        }
    }


def _too_many(calls: Calls) -> Response:
    rate = calls.requests.rate
    text = f"Exceeded {rate} calls per second for api client."
    seconds = f"{max(calls.requests.wait(1), 1 / rate):.1f}"
    return _refused(HTTPStatus.TOO_MANY_REQUESTS, text, {"Retry-After": seconds})


def _unavailable() -> Response:
    return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "Service Unavailable")


def _refused(status: HTTPStatus, text: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"errors": text}, status, headers)
