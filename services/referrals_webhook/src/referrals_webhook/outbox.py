"""The command `referrals-webhook outbox`: events that Kafka does not have."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from referrals_domain.use_cases.list_unpublished import ListUnpublished
from referrals_domain.use_cases.retry_refused import RetryRefused
from referrals_webhook.announce import announce
from referrals_webhook.rows import beginning, show, show_object

if TYPE_CHECKING:
    from collections.abc import Collection

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.model.identifiers import ReferralId
    from referrals_domain.ports.unpublished_events import UnpublishedEvent

_APPLICATION: Final = "referrals-webhook-outbox"
_FIELDS: Final = ("id", "state", "reason", "referral", "type", "event", "occurred", "refused")


async def list_outbox(settings: PostgresSettings, *, waiting: bool, as_json: bool) -> None:
    """
    Write what Kafka refused to standard output: a table, or a JSON array of objects.

    Args:
        settings: The database.
        waiting: Write what waits and what is held back, too.
        as_json: Write JSON.

    Raises:
        Unavailable: The database is away.
    """
    async with beginning(settings, application=_APPLICATION) as begin:
        events = await ListUnpublished(begin=begin)(waiting=waiting)
    hold_back = {one.referral_id for one in events if one.refused}
    rows = [_values(one, hold_back) for one in events]
    show(_FIELDS, rows, as_json=as_json, none=f"outbox: nothing {_of(waiting=waiting)}")


async def retry_outbox(
    settings: PostgresSettings, ids: Collection[int] | None, *, as_json: bool
) -> None:
    """
    Have events sent again.

    Args:
        settings: The database.
        ids: Their numbers; None: all that were refused.
        as_json: Write which, as a JSON object, and not how many.

    Raises:
        Unavailable: The database is away.
        SystemExit: Some of them were not refused; the others are sent again.
    """
    async with beginning(settings, application=_APPLICATION) as begin:
        if ids is None:
            ids = {one.id for one in await ListUnpublished(begin=begin)()}
        retried = await RetryRefused(begin=begin)(ids)
    others = sorted(set(ids) - set(retried))
    if as_json:
        show_object(retried=sorted(retried), not_refused=others)
    else:
        announce(f"outbox: to be sent again: {len(retried)}")
    if others:
        numbers = ", ".join(map(str, others))
        sys.exit(f"referrals-webhook: not refused: {numbers}; see: referrals-webhook outbox list")


def _of(*, waiting: bool) -> str:
    return "waits" if waiting else "was refused"


def _values(
    one: UnpublishedEvent, hold_back: Collection[ReferralId]
) -> tuple[int | str | None, ...]:
    return (
        one.id,
        _state(one, hold_back),
        one.refused.reason if one.refused else None,
        one.referral_id,
        one.type,
        one.event_id,
        one.occurred_at.isoformat(timespec="seconds"),
        one.refused.at.isoformat(timespec="seconds") if one.refused else None,
    )


def _state(one: UnpublishedEvent, hold_back: Collection[ReferralId]) -> str:
    if one.refused:
        return "refused"
    return "held_back" if one.referral_id in hold_back else "waiting"
