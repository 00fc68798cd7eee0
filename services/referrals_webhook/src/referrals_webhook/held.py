"""The command `referrals-webhook held`: deliveries that wait for a person."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from referrals_adapters.system.clock import SystemClock
from referrals_domain.use_cases.list_held import ListHeld
from referrals_domain.use_cases.release_held import ReleaseHeld
from referrals_webhook.announce import announce
from referrals_webhook.rows import beginning, show, show_object

if TYPE_CHECKING:
    from collections.abc import Collection

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.model.delivery import HeldDelivery

_APPLICATION: Final = "referrals-webhook-held"
_FIELDS: Final = ("id", "merchant", "order", "topic", "since", "attempts")


async def list_held(settings: PostgresSettings, *, as_json: bool) -> None:
    """
    Write what is held to standard output: a table, or a JSON array of objects.

    Raises:
        Unavailable: The database is away.
    """
    async with beginning(settings, application=_APPLICATION) as begin:
        held = await ListHeld(begin=begin)()
    show(_FIELDS, [_values(one) for one in held], as_json=as_json, none="held: nothing")


async def release_held(
    settings: PostgresSettings, ids: Collection[int] | None, *, as_json: bool
) -> None:
    """
    Make deliveries due now.

    Args:
        settings: The database.
        ids: Their numbers; None: all that are held.
        as_json: Write which, as a JSON object, and not how many.

    Raises:
        Unavailable: The database is away.
        SystemExit: Some of them are not held; the others were released.
    """
    async with beginning(settings, application=_APPLICATION) as begin:
        if ids is None:
            ids = {one.id for one in await ListHeld(begin=begin)()}
        released = await ReleaseHeld(begin=begin, clock=SystemClock())(ids)
    others = sorted(set(ids) - set(released))
    if as_json:
        show_object(released=sorted(released), not_held=others)
    else:
        announce(f"held: released {len(released)}")
    if others:
        numbers = ", ".join(map(str, others))
        sys.exit(f"referrals-webhook: not held: {numbers}; see: referrals-webhook held list")


def _values(one: HeldDelivery) -> tuple[int | str, ...]:
    since = one.received_at.isoformat(timespec="seconds")
    return one.id, one.merchant_id, one.order_id, one.topic, since, one.attempts
