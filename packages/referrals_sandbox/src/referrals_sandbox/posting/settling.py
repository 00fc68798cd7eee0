"""Waiting for what becomes of an order."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from referrals_adapters.shopify.payloads import UnreadableOrder, read_order
from referrals_domain.model.identifiers import MerchantId, ReferralId
from referrals_sandbox.neighbours.frontend import (
    LONG_PATH,
    SHORT_PATH,
    Frontend,
    Standing,
    open_frontend,
)
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from referrals_sandbox.composition.description import Description

_PAUSE = 0.05  # seconds between two looks
_OPEN = frozenset({"NOT_FOUND", "PENDING"})


@attrs.frozen(kw_only=True)
class Found:
    """
    How a referral stands.

    Args:
        referral_id: The referral.
        statuses: What each path answers.
    """

    referral_id: str
    statuses: Mapping[str, Standing]

    @property
    def exists(self) -> bool:
        """Whether any path knows it."""
        return any(standing.status != "NOT_FOUND" for standing in self.statuses.values())

    @property
    def failure(self) -> Standing | None:
        """What a path answers that is no status, nor that there is no such referral."""
        failed = (one for one in self.statuses.values() if not one.version)
        return next((one for one in failed if one.status != "NOT_FOUND"), None)

    @property
    def is_settled(self) -> bool:
        """Whether both paths say the same, and it is neither absent nor waits for an order."""
        long, short = self.statuses.values()
        return not self.failure and long == short and long.status not in _OPEN


def referral_of(sandbox: Description, body: bytes, *, within: float) -> Found | None:
    """
    Return the referral that an order is bound to, once it is settled.

    It is the one that the order opened, or the one of a share that the order names.

    Args:
        sandbox: Who to ask.
        body: The order, as it was posted.
        within: How long to wait, in seconds; then it is returned as it stands.

    Returns:
        None if the body is no order.

    Raises:
        SandboxError: The service does not tell.
    """
    try:
        facts = read_order(body).facts
    except UnreadableOrder:
        return None
    own = ReferralId.of_order(MerchantId(sandbox.merchant_id), facts.order_id)
    wanted = [own, *(signal.share for signal in facts.signals if signal.share)]
    deadline = time.monotonic() + within
    with open_frontend(sandbox.gateway_address, sandbox.token) as frontend:
        while True:
            found = [_look(frontend, sandbox.merchant_id, id_) for id_ in wanted]
            settled = next((one for one in found if one.is_settled), None)
            if settled:
                return settled
            if time.monotonic() > deadline:
                return _as_it_stands(found)
            time.sleep(_PAUSE)


def _as_it_stands(found: Sequence[Found]) -> Found:
    failure = next((one.failure for one in found if one.failure), None)
    if failure:
        raise SandboxError(f"GetReferralStatus answered {failure}")
    return next((one for one in found if one.exists), found[0])


def _look(frontend: Frontend, merchant_id: str, referral_id: str) -> Found:
    answers = frontend.statuses(merchant_id, referral_id)
    statuses = dict(zip((LONG_PATH, SHORT_PATH), answers, strict=True))
    return Found(referral_id=referral_id, statuses=statuses)
