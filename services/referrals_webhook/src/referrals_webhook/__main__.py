"""The command `referrals-webhook`."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import uvloop

from referrals_adapters.postgres.settings import PostgresSettings
from referrals_adapters.system.address import CannotListen
from referrals_adapters.system.scheduling import run_in_batches
from referrals_adapters.telemetry.logs import LogSettings, set_up_logs
from referrals_adapters.telemetry.metrics import Metrics, exposed
from referrals_adapters.wire.variables import SettingsError, Variables
from referrals_domain.errors import Unavailable
from referrals_domain.model.identifiers import CustomerId, CustomerKey, MerchantId
from referrals_webhook.announce import announce
from referrals_webhook.held import list_held, release_held
from referrals_webhook.outbox import list_outbox, retry_outbox
from referrals_webhook.privacy import export_customer, list_privacy, redact_customer
from referrals_webhook.roles import Duty, Role, all_duties, duty, fulfil
from referrals_webhook.settings import environment, metrics_listen

if TYPE_CHECKING:
    from collections.abc import Sequence

Identifier = TypeVar("Identifier", MerchantId, CustomerId)

_RUN: Final = """
roles:
  http    takes Shopify's webhooks, as POST /orders/create, and leads friends who follow a link,
          GET /r/MERCHANT/CODE; also GET /healthz and /readyz
  worker  completes the referrals of the orders that were delivered, and carries redactions out
  relay   passes events on to Kafka; of any number of relays one leads, the others wait
Without --role all three run, the relay as a child process. Any number of each may run at once.

environment, and which role needs it:
  REFERRALS_DB_HOST         all     PostgreSQL; also _PORT (5434), _NAME (referrals_db), _USER
                                    and _PASSWORD
  REFERRALS_WEBHOOK_LISTEN  http    host:port to listen on (127.0.0.1:8080); port 0: a free one
  SHOPIFY_API_SECRET        http    what webhooks are signed with; while it rotates, also
                                    SHOPIFY_API_SECRET_PREVIOUS
  REFERRALS_REDIS_HOST      worker  Redis or Valkey; also _PORT (6379)
  AUTH_GRPC_TARGET          worker  host:port of Auth; also AUTH_GRPC_SERVICE (auth.v1.AuthService)
  AUTH_SERVICE_TOKEN        worker  the token that the worker shows to Auth and Core
  CORE_GRPC_TARGET          worker  host:port of Core; also CORE_GRPC_SERVICE (core.v1.CoreService)
  REFERRALS_LOG_FORMAT      all     console (the default) or json, a line an event
  REFERRALS_METRICS_LISTEN  all     host:port where Prometheus may GET /metrics; without --role the
                                    relay, a process of its own, takes the next port
  KAFKA_BROKER              relay   host:port of a broker, or of several with commas; also
                                    KAFKA_RETENTION_DAYS (30), for topics that it makes

SIGTERM and SIGINT: what was begun is finished, then the process ends with exit code 0. A server
that is away is waited for. A relay that can no longer tell what became of an event ends with
exit code 75, and is to be started again.
"""
_MIGRATE: Final = """
environment:
  REFERRALS_DB_HOST         PostgreSQL; also _PORT (5434), _NAME (referrals_db), _USER, _PASSWORD:
                            the owner of the tables, who is not who the services connect as

Running it again, or twice at once, does no harm.
"""
_HELD: Final = """
A delivery that cannot be decided for 72 hours, because Auth or Core does not answer about it, is
held: it is not tried again until it is released, and if it cannot be decided then, it is held
again. Its referral is as it was; nothing is lost.

environment:
  REFERRALS_DB_HOST         PostgreSQL; also _PORT (5434), _NAME (referrals_db), _USER, _PASSWORD
"""
_OUTBOX: Final = """
An event that Kafka refuses for good, because it is too large or its topic may not be written, is
not sent again until it is retried, and the later events of its referral wait for it: they are
held back. Other referrals do not. Mend what Kafka complains of, then retry; what it refuses still
is refused again.

environment:
  REFERRALS_DB_HOST         PostgreSQL; also _PORT (5434), _NAME (referrals_db), _USER, _PASSWORD
"""
_PRIVACY: Final = """
Shopify passes on what customers and shops ask for, and workers carry redactions out; an operator
who was asked by other ways, as by an email or under the CCPA, does the same with `redact`. A
request for one's data waits until somebody exports it, here or by ExportCustomerData.

environment:
  REFERRALS_DB_HOST         PostgreSQL; also _PORT (5434), _NAME (referrals_db), _USER, _PASSWORD
"""
_LARGEST_ID: Final = 2**63 - 1


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Do what the command line says.

    Raises:
        SystemExit: Something is wrong with the command line, the settings, the address to listen
            on or, for all but `run`, the database.
    """
    options = _parser().parse_args(arguments)
    try:
        set_up_logs(LogSettings.read(environment()))
        match options.command:
            case "migrate":
                uvloop.run(_migrate())
            case "held":
                uvloop.run(_held(options))
            case "outbox":
                uvloop.run(_outbox(options))
            case "privacy":
                uvloop.run(_privacy(options))
            case _:
                _run(options.role)
    except (SettingsError, CannotListen, Unavailable) as error:
        sys.exit(f"referrals-webhook: {error}")


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


async def _migrate() -> None:
    """Bring the schema up; alembic logs each step."""
    # Here, because alembic makes a third of the time that a role takes to start.
    from referrals_adapters.postgres.migrate import migrate  # noqa: PLC0415

    await migrate(PostgresSettings.read(environment()))
    announce("migrate: the schema is up to date")


async def _held(options: argparse.Namespace) -> None:
    """Show or release what waits for a person."""
    settings = PostgresSettings.read(environment())
    if options.action == "list":
        await list_held(settings, as_json=options.json)
    else:
        await release_held(settings, None if options.all else options.ids)


async def _outbox(options: argparse.Namespace) -> None:
    """Show what Kafka does not have, or have what it refused sent again."""
    settings = PostgresSettings.read(environment())
    if options.action == "list":
        await list_outbox(settings, waiting=options.waiting, as_json=options.json)
    else:
        await retry_outbox(settings, None if options.all else options.ids)


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
        await redact_customer(settings, customer)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="referrals-webhook",
        description="Shopify's webhooks in, completed referrals out.",
    )
    commands = parser.add_subparsers(required=True, dest="command", metavar="command")
    run = commands.add_parser(
        "run",
        help="run one role, or all of them, until SIGTERM",
        description="Run one role, or all of them, until SIGTERM.",
        epilog=_RUN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("--role", type=Role, choices=list(Role), help="the one role to run")
    commands.add_parser(
        "migrate",
        help="bring the schema of the database up",
        description="Bring the schema of the database up to this version's.",
        epilog=_MIGRATE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_held(commands.add_parser("held", help="list or release what waits for a person"))
    _add_outbox(commands.add_parser("outbox", help="list or retry what Kafka refuses"))
    _add_privacy(commands.add_parser("privacy", help="what persons ask for about their data"))
    return parser


def _add_held(held: argparse.ArgumentParser) -> None:
    held.description = "List or release deliveries that wait for a person."
    held.epilog = _HELD
    held.formatter_class = argparse.RawDescriptionHelpFormatter
    actions = held.add_subparsers(required=True, dest="action", metavar="action")
    listing = actions.add_parser("list", help="show them, those that came first first")
    listing.add_argument("--json", action="store_true", help="as a JSON array")
    release = actions.add_parser("release", help="have them tried again at once")
    _add_which(release, of="a delivery", every="whatever is held")


def _add_outbox(outbox: argparse.ArgumentParser) -> None:
    outbox.description = "List events that Kafka does not have, or have them sent again."
    outbox.epilog = _OUTBOX
    outbox.formatter_class = argparse.RawDescriptionHelpFormatter
    actions = outbox.add_subparsers(required=True, dest="action", metavar="action")
    listing = actions.add_parser("list", help="show what was refused, the oldest first")
    listing.add_argument("--waiting", action="store_true", help="and what waits or is held back")
    listing.add_argument("--json", action="store_true", help="as a JSON array")
    retry = actions.add_parser("retry", help="have them sent again")
    _add_which(retry, of="an event", every="whatever was refused")


def _add_privacy(privacy: argparse.ArgumentParser) -> None:
    privacy.description = "List what was asked for, export a customer's data, or redact them."
    privacy.epilog = _PRIVACY
    privacy.formatter_class = argparse.RawDescriptionHelpFormatter
    actions = privacy.add_subparsers(required=True, dest="action", metavar="action")
    listing = actions.add_parser("list", help="show requests, with receipts, the oldest first")
    listing.add_argument("--json", action="store_true", help="as a JSON array")
    export = actions.add_parser("export", help="write what is kept of a customer, as JSON")
    redact = actions.add_parser("redact", help="have workers put a tombstone in their place")
    for action in (export, redact):
        action.add_argument(
            "--merchant", required=True, type=partial(_identifier, MerchantId), help="their shop's"
        )
        action.add_argument(
            "--customer", required=True, type=partial(_identifier, CustomerId), help="Shopify's id"
        )


def _identifier(kind: type[Identifier], text: str) -> Identifier:
    try:
        return kind(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _add_which(action: argparse.ArgumentParser, *, of: str, every: str) -> None:
    which = action.add_mutually_exclusive_group(required=True)
    number = partial(_number, of)
    which.add_argument("ids", nargs="*", default=[], type=number, metavar="ID", help="as listed")
    which.add_argument("--all", action="store_true", help=every)


def _number(of: str, text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else -1
    if not 0 < number <= _LARGEST_ID:
        raise argparse.ArgumentTypeError(f"not the number of {of}: {text}")
    return number


if __name__ == "__main__":
    main()
