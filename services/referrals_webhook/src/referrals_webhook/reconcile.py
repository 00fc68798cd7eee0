"""The command `referrals-webhook reconcile`: what Shopify has, and never delivered."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

from referrals_adapters.postgres.errors import schema_errors
from referrals_adapters.telemetry.metrics import Metrics
from referrals_domain.errors import NotFound, Unauthenticated, Unavailable
from referrals_webhook.container.reconcile import running_reconcile
from referrals_webhook.rows import show

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from referrals_domain.model.delivery import Topic
    from referrals_domain.model.identifiers import ShopDomain
    from referrals_domain.model.privacy import PrivacyTopic
    from referrals_domain.model.reconciliation import Drift
    from referrals_webhook.container.reconcile import ReconcileContainer
    from referrals_webhook.settings import ReconcileSettings

FIELDS: Final = (
    *("shop", "since", "until", "counted", "found", "without_signal", "known", "missing"),
    *("unreadable", "not_subscribed"),
)


async def reconcile_shops(
    settings: ReconcileSettings,
    shop: ShopDomain | None,
    *,
    since: datetime | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """
    Sweep one shop or all, and write what was found to standard output.

    Args:
        settings: Whom to ask.
        shop: The shop; None: all that gave access.
        since: From when on.
        dry_run: Tell only.
        as_json: Write a JSON array of objects, with the orders that were missing.

    Raises:
        SystemExit: A shop could not be swept; the others were.
        Unavailable: The database has not this version's schema.
    """
    found: list[tuple[Drift, Sequence[Topic | PrivacyTopic]]] = []
    failed: list[str] = []
    running = running_reconcile(settings, Metrics(), urgent=True)
    with schema_errors():
        async with running as container:
            for one in [shop] if shop else sorted(settings.admin.access.shops()):
                try:
                    topics = await container.keep_subscriptions()(one, dry_run=dry_run)
                    found.append((await _swept(container, one, since, dry_run=dry_run), topics))
                except (NotFound, Unauthenticated, Unavailable) as error:
                    failed.append(f"{one}: {error}")
    if as_json:
        sys.stdout.write(json.dumps([_told(*one) for one in found]) + "\n")
    else:
        rows = [_values(*one) for one in found]
        show(FIELDS, rows, as_json=False, none="reconcile: no shop was swept")
    if failed:
        sys.exit("\n".join(f"referrals-webhook: {line}" for line in failed))


async def _swept(
    container: ReconcileContainer, shop: ShopDomain, since: datetime | None, *, dry_run: bool
) -> Drift:
    drifts: list[Drift] = []
    async for drift in container.reconcile()(shop, since=since, dry_run=dry_run):
        sys.stderr.write(
            f"{shop}: {drift.found} of {drift.counted} orders, {len(drift.missing)} missing\n"
        )
        drifts.append(drift)
    return drifts[-1]


def _values(drift: Drift, topics: Sequence[Topic | PrivacyTopic]) -> tuple[int | str, ...]:
    return (
        drift.shop_domain,
        drift.since.isoformat(timespec="seconds"),
        drift.until.isoformat(timespec="seconds"),
        drift.counted,
        drift.found,
        drift.without_signal,
        drift.known,
        len(drift.missing),
        len(drift.unreadable),
        " ".join(topics) or "-",
    )


def _told(drift: Drift, topics: Sequence[Topic | PrivacyTopic]) -> dict[str, object]:
    return dict(zip(FIELDS, _values(drift, topics), strict=True)) | {
        "missing": [{"order": one.order_id, "lack": one.lack} for one in drift.missing],
        "unreadable": list(drift.unreadable),
        "not_subscribed": list(topics),
    }
