"""Waiting until what was posted has been worked off, and what became of its order."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from referrals_adapters.shopify.payloads import READERS, UnreadableOrder
from referrals_domain.model.identifiers import MerchantId, ReferralId
from referrals_sandbox.neighbours.frontend import (
    LONG_PATH,
    SHORT_PATH,
    Frontend,
    Standing,
    open_frontend,
)
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.rows import row_of

if TYPE_CHECKING:
    from referrals_domain.model.order import OrderFacts
    from referrals_sandbox.composition.description import Description
    from referrals_sandbox.neighbours.shopify import Delivery

_PAUSE = 0.05  # seconds between two looks
_READERS = {str(topic): reader for topic, reader in READERS.items()}
_WORK = """
    SELECT
        (SELECT id::text FROM referrals WHERE merchant_id = $1 AND order_id = $2) AS referral_id,
        (SELECT version FROM referrals WHERE merchant_id = $1 AND order_id = $2) AS version,
        EXISTS (
            SELECT FROM deliveries WHERE merchant_id = $1 AND order_id = $2 AND outcome IS NULL
        ) AS waits
"""


@attrs.frozen(kw_only=True)
class Found:
    """
    How a referral stands.

    Args:
        referral_id: The referral.
        statuses: What each path answers.
        summary: The same in words; empty where there is no such referral.
    """

    referral_id: str
    statuses: Mapping[str, Standing]
    summary: str = ""

    @property
    def exists(self) -> bool:
        """Whether any path knows it."""
        return any(standing.status != "NOT_FOUND" for standing in self.statuses.values())

    @property
    def failure(self) -> Standing | None:
        """What a path answers that is no status, nor that there is no such referral."""
        failed = (one for one in self.statuses.values() if not one.version)
        return next((one for one in failed if one.status != "NOT_FOUND"), None)

    def stands_at(self, version: int) -> bool:
        """Whether both paths know of this version."""
        return all(standing.version == version for standing in self.statuses.values())


def referral_of(sandbox: Description, delivery: Delivery, *, within: float) -> Found | None:
    """
    Return the referral that an order is bound to, once all that was reported of it counts.

    As long as the order is bound to none, it is the one that the order would open, or the one of
    a share that the order names.

    Args:
        sandbox: Who to ask.
        delivery: The order, or a refund of it, as it was posted.
        within: How long to wait, in seconds; then it is returned as it stands.

    Returns:
        None if the body is neither.

    Raises:
        SandboxError: The service does not tell.
    """
    facts = _facts(delivery)
    if facts is None:
        return None
    own = ReferralId.of_order(MerchantId(sandbox.merchant_id), facts.order_id)
    wanted = [own, *(signal.share for signal in facts.signals if signal.share)]
    deadline = time.monotonic() + within
    with open_frontend(sandbox.gateway_address, sandbox.token) as frontend:
        while True:
            work = row_of(sandbox.database_url, _WORK, sandbox.merchant_id, facts.order_id)
            bound = work["referral_id"]
            ids = [bound] if bound else wanted
            found = [_look(frontend, sandbox.merchant_id, id_) for id_ in ids]
            is_told = not bound or found[0].stands_at(work["version"])
            if (is_told and not work["waits"]) or time.monotonic() > deadline:
                return _in_words(frontend, sandbox.merchant_id, _as_it_stands(found))
            time.sleep(_PAUSE)


def _facts(delivery: Delivery) -> OrderFacts | None:
    reader = _READERS.get(delivery.topic)
    try:
        return reader(delivery.body).facts if reader else None
    except UnreadableOrder:
        return None


def _as_it_stands(found: Sequence[Found]) -> Found:
    failure = next((one.failure for one in found if one.failure), None)
    if failure:
        raise SandboxError(f"GetReferralStatus answered {failure}")
    return next((one for one in found if one.exists), found[0])


def _look(frontend: Frontend, merchant_id: str, referral_id: str) -> Found:
    answers = frontend.statuses(merchant_id, referral_id)
    statuses = dict(zip((LONG_PATH, SHORT_PATH), answers, strict=True))
    return Found(referral_id=referral_id, statuses=statuses)


def _in_words(frontend: Frontend, merchant_id: str, found: Found) -> Found:
    if not found.exists:
        return found
    return attrs.evolve(found, summary=frontend.summary(merchant_id, found.referral_id))
