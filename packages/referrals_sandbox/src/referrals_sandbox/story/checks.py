"""What a completed referral has left behind, looked up where it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from redis import Redis
from redis.exceptions import RedisError

from referrals_domain.model.events import ReferralCompleted
from referrals_domain.model.identifiers import EventId, ReferralId
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.rows import row_of
from referrals_sandbox.story.entries import entries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from referrals_sandbox.composition.description import Description

_ROW = """
    SELECT status, version, order_id, referred_customer_id
    FROM referrals WHERE merchant_id = $1 AND id = $2::uuid
"""
_WITHIN = 5.0  # seconds, an answer


@attrs.frozen(kw_only=True)
class Completed:
    """
    A referral that the gRPC service calls COMPLETED.

    Args:
        referral_id: The referral.
        version: Its version.
        order_id: The order that completed it.
        friend_id: Who placed that.
    """

    referral_id: str
    version: int
    order_id: int
    friend_id: int

    @property
    def event_id(self) -> str:
        """The id that its event must have."""
        return EventId.of_change(
            ReferralId(self.referral_id), ReferralCompleted.type, self.version
        )


def points(sandbox: Description, completed: Completed) -> str:
    """Return the one credit that the advocate got."""
    reward = _the_entry("Points", sandbox.points, completed)
    _require(reward["event_id"] == completed.event_id, f"Points heard another event: {reward}")
    return f"{reward['points']} points to {reward['customer_id']}, event {reward['event_id']}"


def rfm_analytics(sandbox: Description, completed: Completed) -> str:
    """Return the score that the credit gave the advocate."""
    score = _the_entry("RFM Analytics", sandbox.rfm_analytics, completed)
    reward = _the_entry("Points", sandbox.points, completed)
    _require(score["event_id"] == reward["reward_id"], f"RFM Analytics heard another: {score}")
    return f"score {score['score']} for {score['customer_id']}, reward {score['event_id']}"


def admincore(sandbox: Description, completed: Completed) -> str:
    """Return the line in the audit log."""
    line = _the_entry("AdminCore", sandbox.admincore, completed)
    _require(line["event_id"] == completed.event_id, f"AdminCore heard another event: {line}")
    return str(line["text"])


def postgresql(sandbox: Description, completed: Completed) -> str:
    """Return what the referral's row says."""
    row = row_of(sandbox.database_url, _ROW, sandbox.merchant_id, completed.referral_id)
    expected = {
        "status": "COMPLETED",
        "version": completed.version,
        "order_id": str(completed.order_id),
        "referred_customer_id": str(completed.friend_id),
    }
    _require(row == expected, f"the row in PostgreSQL is {row}, not {expected}")
    return f"referrals: {', '.join(f'{name} {value}' for name, value in expected.items())}"


def redis(sandbox: Description, completed: Completed) -> str:
    """Return what the cache holds of the referral."""
    key = f"referral:{sandbox.merchant_id}:{completed.referral_id}"
    try:
        with Redis.from_url(sandbox.redis_url, socket_timeout=_WITHIN) as client:
            held = client.get(key)
    except RedisError as error:
        raise SandboxError(f"Redis does not answer: {error}") from error
    text = held.decode(errors="replace") if isinstance(held, bytes) else ""
    version = completed.version  # a floor, once the janitor has told the cache again
    expected = (f"v|{version}|COMPLETED|", f"f|{version}|")
    _require(text.startswith(expected), f"the key {key} holds {text!r}, not {expected[0]!r}...")
    return f"{key} = {text}"


CHECKS: Mapping[str, Callable[[Description, Completed], str]] = {
    "points": points,
    "rfm analytics": rfm_analytics,
    "admincore": admincore,
    "postgresql": postgresql,
    "redis": redis,
}
"""Every place, in the order in which the event travels."""


def _the_entry(name: str, url: str, completed: Completed) -> dict[str, Any]:
    """Return the one thing that a neighbour did about the referral, once it has."""
    (entry,) = entries(name, url, completed.referral_id, count=1)
    return entry


def _require(holds: object, otherwise: str) -> None:
    if not holds:
        raise SandboxError(otherwise)
