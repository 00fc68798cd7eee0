"""The order that comes of a share, as Shopify tells of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode

from referrals_sandbox.load.kinds import Kind, Trace
from referrals_sandbox.load.plan import CODE_PREFIX, MINIMUM, WINDOW, advocate_id, friend_id
from referrals_sandbox.neighbours.shopify_order import PlacedOrder

if TYPE_CHECKING:
    from referrals_sandbox.load.scenario import Share

_BELOW: Final = f"{(MINIMUM - 1) / 100:.2f}"


class Shared(NamedTuple):
    """
    A link that was shared.

    Args:
        advocate: The number of whose link it is.
        begun: When they began. Their orders are of that day, since the cap is one a day.
        code: The link's code.
        referral_id: The referral that the share opened.
    """

    advocate: int
    begun: datetime
    code: str
    referral_id: str


def placed(share: Share, shared: Shared, *, order_id: int, now: datetime) -> bytes:
    """
    Return the body of the order that a friend places.

    Args:
        share: The share.
        shared: What it opened.
        order_id: The order.
        now: The time.
    """
    return PlacedOrder(
        **_carried(share, shared),
        **_peculiar(share.kind),
        placed_at=_placed_at(share.kind, shared.begun, now),
        order_id=order_id,
        browser_ip=_address(share.number if share.household is None else share.household),
        customer_id=_customer(share, shared.advocate),
    ).body()


def _carried(share: Share, shared: Shared) -> dict[str, Any]:
    signals = {
        "ref": shared.code,
        "share": shared.referral_id,
        "channel": share.channel.value,
    }
    has = {Trace.ALL: (True, True, True), Trace.LANDING_PAGE: (False, False, True)}
    has |= {Trace.CODE: (False, True, False), Trace.NOTHING: (False, False, False)}
    attributes, discount, page = has[share.trace]
    return {
        "attributes": signals if attributes else {},
        "discount": f"{CODE_PREFIX}-{shared.code}" if discount else None,
        "landing_site": f"/?{urlencode(signals)}" if page else "/collections/all",
    }


def _peculiar(kind: Kind | None) -> dict[str, Any]:
    if kind is Kind.TEST_ORDER:
        return {"is_test": True}
    return {"total": _BELOW} if kind is Kind.BELOW_MINIMUM else {}


def _placed_at(kind: Kind | None, begun: datetime, now: datetime) -> datetime:
    if kind is Kind.OUTSIDE_WINDOW:
        return now + WINDOW + timedelta(days=1)
    if kind is Kind.LINK_REVOKED:
        return now + timedelta(seconds=1)  # Shopify writes whole seconds
    return begun


def _customer(share: Share, advocate: int) -> int | None:
    if share.kind is Kind.FRIEND_UNKNOWN:
        return None
    return advocate_id(advocate) if share.kind is Kind.SELF_REFERRAL else friend_id(share.friend)


def _address(number: int) -> str:
    """Return an address of a network that is for documentation and tests: RFC 3849."""
    return f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1"
