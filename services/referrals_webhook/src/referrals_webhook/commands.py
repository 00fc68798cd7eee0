"""What the commands of `referrals-webhook` do."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import uvloop

from referrals_adapters.postgres.settings import PostgresSettings
from referrals_adapters.system.scheduling import run_in_batches
from referrals_adapters.telemetry.logs import LogSettings, set_up_logs
from referrals_adapters.telemetry.metrics import Metrics, exposed
from referrals_domain.model.identifiers import CustomerKey
from referrals_webhook.announce import announce
from referrals_webhook.held import list_held, release_held
from referrals_webhook.outbox import list_outbox, retry_outbox
from referrals_webhook.privacy import export_customer, list_privacy, redact_customer
from referrals_webhook.role import Role
from referrals_webhook.roles import all_duties, duty, fulfil
from referrals_webhook.rows import show_object
from referrals_webhook.settings import ReconcileSettings, environment, metrics_listen

if TYPE_CHECKING:
    import argparse

    from referrals_adapters.wire.variables import Variables
    from referrals_webhook.role import Duty


def carry_out(options: argparse.Namespace) -> None:
    """
    Do what the command line says.

    Raises:
        SettingsError: A variable is missing or cannot be read.
        CannotListen: The address to listen on is taken.
        Unavailable: The database is away; `run` waits for it.
        SystemExit: What was asked for does not hold.
    """
    set_up_logs(LogSettings.read(environment()))
    match options.command:
        case "migrate":
            uvloop.run(_migrate(as_json=options.json))
        case "held":
            uvloop.run(_held(options))
        case "outbox":
            uvloop.run(_outbox(options))
        case "privacy":
            uvloop.run(_privacy(options))
        case "reconcile":
            uvloop.run(_reconcile(options))
        case _:
            _run(Role(options.role) if options.role else None)


def _run(role: Role | None) -> None:
    run_in_batches()
    variables = environment()
    metrics, listen = Metrics(), metrics_listen(variables)
    with exposed(metrics, listen.listen()) if listen else nullcontext():
        uvloop.run(fulfil(_duties(role, variables, metrics)))


def _duties(role: Role | None, variables: Variables, metrics: Metrics) -> list[Duty]:
    if role is None:
        return all_duties(variables, metrics)
    return [duty(role, variables, metrics)]


async def _migrate(*, as_json: bool) -> None:
    """Bring the schema up; alembic logs each step."""
    # Here, because alembic makes a third of the time that a role takes to start.
    from referrals_adapters.postgres.migrate import migrate  # noqa: PLC0415

    applied = await migrate(PostgresSettings.read(environment()))
    if as_json:
        show_object(applied=applied)
    else:
        announce("migrate: the schema is up to date")


async def _held(options: argparse.Namespace) -> None:
    """Show or release what waits for a person."""
    settings = PostgresSettings.read(environment())
    if options.action == "list":
        await list_held(settings, as_json=options.json)
    else:
        await release_held(settings, None if options.all else options.ids, as_json=options.json)


async def _outbox(options: argparse.Namespace) -> None:
    """Show what Kafka does not have, or have what it refused sent again."""
    settings = PostgresSettings.read(environment())
    if options.action == "list":
        await list_outbox(settings, waiting=options.waiting, as_json=options.json)
    else:
        await retry_outbox(settings, None if options.all else options.ids, as_json=options.json)


async def _privacy(options: argparse.Namespace) -> None:
    """Show what was asked for, export what is kept of a customer, or have them redacted."""
    settings = PostgresSettings.read(environment())
    if options.action == "list":
        await list_privacy(settings, as_json=options.json)
        return
    customer = CustomerKey(options.merchant, options.customer)
    if options.action == "export":
        await export_customer(settings, customer)
    else:
        await redact_customer(settings, customer, as_json=options.json)


async def _reconcile(options: argparse.Namespace) -> None:
    """Hold what came against what Shopify has."""
    # Here, because no other command talks to Shopify.
    from referrals_webhook.reconcile import reconcile_shops  # noqa: PLC0415

    await reconcile_shops(
        ReconcileSettings.read(environment()),
        options.shop,
        since=options.since,
        dry_run=options.dry_run,
        as_json=options.json,
    )
