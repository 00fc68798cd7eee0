"""What Shopify calls."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs

from referrals_adapters.shopify.payloads import UnreadableOrder
from referrals_adapters.shopify.signature import HEADER, is_signed
from referrals_domain.errors import Unavailable
from referrals_domain.model.delivery import Receipt, Topic, UnreadableBody
from referrals_domain.model.privacy import PrivacyTopic
from referrals_domain.ports.clock import Clock
from referrals_webhook.exchange import (
    Answer,
    BodyTooLong,
    ClientLeft,
    headers_of,
    is_plain_json,
    read_body,
)

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

ANSWER_WITHIN: Final = timedelta(seconds=4)
"""Shopify waits for 5 seconds in all (checked November 2026)."""

_SHOP: Final = b"x-shopify-shop-domain"
_LONGEST_SHOP: Final = 255
_RECEIPTS: Final = {receipt: Answer(200, {"receipt": receipt}) for receipt in Receipt}
_QUARANTINED: Final = Answer(200, {"receipt": "quarantined"})
_UNSIGNED: Final = Answer(401, {"error": "unsigned"})
_TOO_SLOW: Final = Answer(408, {"error": "body_too_slow"})
_TOO_LONG: Final = Answer(413, {"error": "body_too_long"})
_NOT_JSON: Final = Answer(415, {"error": "not_plain_json"})
_AWAY: Final = Answer(503, {"error": Unavailable.code}, ((b"retry-after", b"5"),))

_logger: Final = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Webhook:
    """
    The endpoint of one topic: 200 means that the delivery is durable, or not ours.

    Args:
        topic: The topic; the header that names it is not signed, so each has a URL of its own.
        take: Reads a body, and stores what it says for the shop that the header names.
        secrets: The secrets that a body may be signed with.
        quarantine: Keeps bodies that nobody can read, or that nobody can tell whose they are.
        clock: The time.
        answered: Told the topic and the word of each answer.
        answer_within: How long a call may take: then a body that has not come is too slow, and
            a database that has not answered is away.
    """

    topic: Topic | PrivacyTopic
    take: Callable[[bytes, str], Awaitable[Receipt]]
    secrets: Sequence[str] = attrs.field(repr=False)
    quarantine: Callable[[Sequence[UnreadableBody]], Awaitable[None]]
    clock: Clock
    answered: Callable[[str, str], None]
    answer_within: timedelta = ANSWER_WITHIN

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one call, as an ASGI application."""
        headers = headers_of(scope, HEADER, _SHOP)
        body = None
        try:
            async with asyncio.timeout(self.answer_within.total_seconds()):
                body = await read_body(headers, receive)
                answer = await self._answer(headers, body)
        except ClientLeft:
            return
        except BodyTooLong:
            await self._counted(_TOO_LONG).send_early(receive, send)
        except TimeoutError:
            if body is None:
                await self._counted(_TOO_SLOW).send_early(receive, send)
            else:
                await self._counted(_AWAY).send(send)
        else:
            await self._counted(answer).send(send)

    def _counted(self, answer: Answer) -> Answer:
        self.answered(self.topic, answer.word)
        return answer

    async def _answer(self, headers: Mapping[bytes, Sequence[bytes]], body: bytes) -> Answer:
        if not is_plain_json(headers):
            return _NOT_JSON
        if not is_signed(body, headers[HEADER], self.secrets):
            return _UNSIGNED
        return await self._answer_shopify(body, b", ".join(headers[_SHOP]).decode("latin-1"))

    async def _answer_shopify(self, body: bytes, shop: str) -> Answer:
        """Answer what is Shopify's: never with an error that coming again would not mend."""
        try:
            return await self._take_or_keep(body, shop)
        except (Unavailable, TimeoutError):
            return _AWAY
        except Exception as error:  # noqa: BLE001 - as below, and even keeping it failed
            reason = type(error).__name__  # its text may quote the body
            about = {"topic": self.topic, "reason": reason}
            _logger.error("neither stored nor kept", extra=about)  # noqa: TRY400 - as above
            return _AWAY

    async def _take_or_keep(self, body: bytes, shop: str) -> Answer:
        try:
            receipt = await self.take(body, shop)
            if receipt is not Receipt.SHOP_MISMATCH:
                return _RECEIPTS[receipt]
            reason = "the body names another shop than the header"
        except Unavailable:
            raise
        except UnreadableOrder as error:
            reason = error.reason
        except Exception as error:  # noqa: BLE001 - what cannot be stored would come for ever
            reason = f"unforeseen: {type(error).__name__}"
        await self._keep(body, shop, reason)
        return _QUARANTINED

    async def _keep(self, body: bytes, shop: str, reason: str) -> None:
        """Keep a body for a person to look at; the log says why, not what is in it."""
        about = {"topic": self.topic, "reason": reason}
        _logger.error("a signed body goes to the quarantine", extra=about)
        unreadable = UnreadableBody(
            topic=self.topic,
            shop=shop[:_LONGEST_SHOP],
            body=body,
            reason=reason,
            received_at=self.clock.now(),
        )
        await self.quarantine([unreadable])
