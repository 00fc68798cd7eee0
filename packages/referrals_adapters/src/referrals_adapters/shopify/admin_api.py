"""
Shopify's Admin API, asked in GraphQL, never more than it allows.

https://shopify.dev/docs/api/admin-graphql
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

import attrs
import httpx
import msgspec

from referrals_adapters.flow.backoff import Backoff
from referrals_adapters.flow.budget import Budget
from referrals_adapters.shopify.access import ALLOWANCES, ShopAccess
from referrals_adapters.shopify.admin_settings import SHOP
from referrals_domain.errors import Unauthenticated, Unavailable
from referrals_domain.model.identifiers import ShopDomain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

T = TypeVar("T")
Client: TypeAlias = httpx.AsyncClient

RETRY: Final = Backoff(first=timedelta(seconds=1), cap=timedelta(seconds=20))
_ATTEMPTS: Final = 6
_REFUSED: Final = {401, 402, 403, 404, 423}  # no token, unpaid, no scope, no shop, locked
_DENIED: Final = {"ACCESS_DENIED", "SHOP_INACTIVE"}  # no scope, closed: both with 200
_OK: Final = 200
_ANSWER_WITHIN: Final = 20.0  # seconds
_SECONDS: Final = re.compile(r"[0-9]{1,4}(\.[0-9]{1,3})?", re.ASCII)
_LONGEST_PAUSE: Final = 60.0


@asynccontextmanager
async def open_client() -> AsyncIterator[Client]:
    """Open connections to Shopify, and close them at the end of the block."""
    async with httpx.AsyncClient(timeout=_ANSWER_WITHIN) as client:
        yield client


@attrs.frozen
class Question:
    """
    A question in GraphQL.

    Args:
        text: The question.
        points: About what it costs; what it does cost, the first answer tells.
    """

    text: str
    points: float


class _ThrottleStatus(msgspec.Struct, rename="camel"):
    currently_available: float
    restore_rate: float


class _Cost(msgspec.Struct, rename="camel"):
    requested_query_cost: float
    throttle_status: _ThrottleStatus

    @property
    def refills_within(self) -> float:
        """In how many seconds there is enough for such a question."""
        status = self.throttle_status
        short = self.requested_query_cost - status.currently_available
        return max(short, 0.0) / max(status.restore_rate, 1.0)


class _Extensions(msgspec.Struct):
    cost: _Cost | None = None


class _ErrorExtensions(msgspec.Struct):
    code: str = ""


class _Error(msgspec.Struct):
    extensions: _ErrorExtensions = msgspec.field(default_factory=_ErrorExtensions)


_NULL: Final = msgspec.Raw(b"null")


class _Answer(msgspec.Struct):
    data: msgspec.Raw = _NULL
    errors: list[_Error] = msgspec.field(default_factory=list)
    extensions: _Extensions = msgspec.field(default_factory=_Extensions)


_ANSWER: Final = msgspec.json.Decoder(_Answer)


class _Unanswered(Exception):
    """
    An attempt failed; another one may not.

    Args:
        reason: Why.
        after: The least to wait before it.
    """

    def __init__(self, reason: str, *, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = timedelta(seconds=after)


@attrs.define(kw_only=True)
class AdminApi:
    """
    Asks Shopify about shops.

    Args:
        client: The connections.
        url: Where the API of a shop is, with `SHOP` in place of its domain.
        shops: Returns the shops that gave access.
        budget: What may be asked of each shop, whoever asks.
        urgent: Whether somebody waits for the answers.
        retry_after: How long to wait after so many attempts that failed.
    """

    client: Client
    url: str
    shops: Callable[[], Mapping[ShopDomain, ShopAccess]]
    budget: Budget
    urgent: bool
    retry_after: Callable[[int], timedelta] = RETRY
    _costs: dict[Question, float] = attrs.field(factory=dict, init=False)

    async def ask(
        self, shop: ShopDomain, question: Question, variables: Mapping[str, object], kind: type[T]
    ) -> T:
        """
        Ask about a shop, again if need be, and return what is answered.

        Raises:
            Unauthenticated: The shop gave no access, or took it back.
            Unavailable: Shopify does not answer, or nothing that can be read.
        """
        access = self.shops().get(shop)
        if access is None:
            raise Unauthenticated("the shop gave no access")
        attempt = 0
        while True:
            attempt += 1
            await self._keep_to_budget(shop, access, question)
            try:
                return _read(await self._answer(shop, access, question, variables), kind)
            except _Unanswered as error:
                if attempt == _ATTEMPTS:
                    raise Unavailable(f"Shopify's Admin API {error}") from None
                pause = max(self.retry_after(attempt), error.after)
            await asyncio.sleep(pause.total_seconds())

    async def _keep_to_budget(
        self, shop: ShopDomain, access: ShopAccess, question: Question
    ) -> None:
        points = self._costs.get(question, question.points)
        allowance = ALLOWANCES[access.plan]
        # Nobody tells when others leave something: it is tried again once it may be there.
        while wait := await self.budget.spend(  # noqa: ASYNC110 - see above
            shop, allowance, points, urgent=self.urgent
        ):
            await asyncio.sleep(wait.total_seconds())

    async def _answer(
        self,
        shop: ShopDomain,
        access: ShopAccess,
        question: Question,
        variables: Mapping[str, object],
    ) -> _Answer:
        try:
            response = await self.client.post(
                self.url.replace(SHOP, shop),
                json={"query": question.text, "variables": variables},
                headers={"X-Shopify-Access-Token": access.token.revealed()},
            )
        except httpx.HTTPError as error:
            raise _Unanswered(f"does not answer: {type(error).__name__}") from error
        if response.status_code in _REFUSED:
            raise Unauthenticated(f"Shopify answers {response.status_code}: no access to the shop")
        if response.status_code != _OK:
            raise _Unanswered(f"answers {response.status_code}", after=_retry_after(response))
        answer = _decoded(response.content)
        if cost := answer.extensions.cost:
            self._costs[question] = cost.requested_query_cost
            left = cost.throttle_status.currently_available
            await self.budget.correct(shop, ALLOWANCES[access.plan], left)
        return answer


def _read(answer: _Answer, kind: type[T]) -> T:
    codes = {error.extensions.code for error in answer.errors}
    if codes & _DENIED:
        raise Unauthenticated("Shopify lets us not ask that of the shop")
    if "THROTTLED" in codes:
        cost = answer.extensions.cost
        raise _Unanswered("was asked too much", after=cost.refills_within if cost else 0.0)
    if codes or bytes(answer.data) == bytes(_NULL):
        raise _Unanswered("refuses the question")
    try:
        return msgspec.json.decode(answer.data, type=kind)
    except ValueError as error:
        raise _Unanswered("answers what nobody can read") from error


def _decoded(content: bytes) -> _Answer:
    try:
        return _ANSWER.decode(content)
    except ValueError as error:
        raise _Unanswered("answers what nobody can read") from error


def _retry_after(response: httpx.Response) -> float:
    """Return the seconds that the other side asks to wait; by a date it is never told."""
    text = response.headers.get("retry-after", "")
    return min(float(text), _LONGEST_PAUSE) if _SECONDS.fullmatch(text) else 0.0
