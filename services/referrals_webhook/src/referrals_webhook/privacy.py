"""The command `referrals-webhook privacy`: what persons ask for about their data."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

from referrals_adapters.system.clock import SystemClock
from referrals_adapters.system.ids import RandomIds
from referrals_adapters.wire.exports import export_document
from referrals_domain.errors import NotFound
from referrals_domain.model.privacy import PrivacyCall, PrivacyKind
from referrals_domain.use_cases.export_customer_data import ExportCustomerData
from referrals_domain.use_cases.list_privacy_requests import ListPrivacyRequests
from referrals_domain.use_cases.take_privacy_call import TakePrivacyCall
from referrals_webhook.announce import announce
from referrals_webhook.rows import beginning, show, show_object

if TYPE_CHECKING:
    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.model.identifiers import CustomerKey
    from referrals_domain.model.privacy import PrivacyRequest

_APPLICATION: Final = "referrals-webhook-privacy"
_FIELDS: Final = ("id", "merchant", "kind", "customer", "received", "done", "touched")


async def list_privacy(settings: PostgresSettings, *, as_json: bool) -> None:
    """
    Write what was asked for to standard output, with receipts: a table, or a JSON array.

    Raises:
        Unavailable: The database is away.
    """
    async with beginning(settings, application=_APPLICATION) as begin:
        requests = await ListPrivacyRequests(begin=begin)()
    rows = [_values(one) for one in requests]
    show(_FIELDS, rows, as_json=as_json, none="privacy: nobody asked for anything")


async def export_customer(settings: PostgresSettings, customer: CustomerKey) -> None:
    """
    Write what is kept of a customer to standard output, as JSON.

    Raises:
        Unavailable: The database is away.
        SystemExit: The merchant has no program.
    """
    async with beginning(settings, application=_APPLICATION) as begin:
        try:
            record = await ExportCustomerData(begin=begin, clock=SystemClock())(customer)
        except NotFound as error:
            sys.exit(f"referrals-webhook: {error}")
    sys.stdout.write(export_document(record) + "\n")


async def redact_customer(
    settings: PostgresSettings, customer: CustomerKey, *, as_json: bool
) -> None:
    """
    Have a worker redact a customer, as if Shopify had asked for it.

    Args:
        settings: The database.
        customer: Who it is.
        as_json: Write the receipt as a JSON object, not as a line.

    Raises:
        Unavailable: The database is away.
        SystemExit: The merchant has no program.
    """
    call = PrivacyCall(
        kind=PrivacyKind.CUSTOMER_REDACT,
        customer_id=customer.customer_id,
        received_at=SystemClock().now(),
    )
    async with beginning(settings, application=_APPLICATION) as begin:
        take = TakePrivacyCall(begin=begin, ids=RandomIds())
        try:
            receipt = await take.of_merchant(customer.merchant_id, call)
        except NotFound as error:
            sys.exit(f"referrals-webhook: {error}")
    if as_json:
        show_object(receipt=receipt)
        return
    announce(f"privacy: {receipt}; a worker carries it out, see: referrals-webhook privacy list")


def _values(one: PrivacyRequest) -> tuple[int | str | None, ...]:
    touched = json.dumps(dict(one.touched), sort_keys=True) if one.touched else None
    return (
        one.id,
        one.merchant_id,
        one.kind,
        one.customer_id,
        one.received_at.isoformat(timespec="seconds"),
        one.done_at.isoformat(timespec="seconds") if one.done_at else None,
        touched,
    )
