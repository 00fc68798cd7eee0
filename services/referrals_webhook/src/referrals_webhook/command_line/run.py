"""The words of `referrals-webhook run`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from referrals_adapters.system.command_line import About, add_command
from referrals_adapters.system.exits import DONE, REPLACE
from referrals_webhook.command_line.environment import ADMIN, LOGS
from referrals_webhook.role import Role

if TYPE_CHECKING:
    from referrals_adapters.system.command_line import Commands

_ABOUT: Final = About(
    does="Run one role, or all of them, until SIGTERM.",
    prints="On standard output a line once a role has begun, as `referrals-webhook http "
    "listening on 127.0.0.1:8080`, `... worker ready` and `... relay leading`; the log on "
    "standard error.",
    more="""\
http takes Shopify's webhooks, as POST /orders/create, and leads friends who follow a link, GET
/r/MERCHANT/CODE; also GET /healthz and /readyz.

worker completes the referrals of the orders that were delivered, and carries redactions out.

relay passes events on to Kafka; of any number of relays one leads, the others wait.

reconcile finds what Shopify never delivered: it holds the orders that Shopify has against those
that came, takes in what is missing, and puts subscriptions back.

Without --role all of them run, the relay as a child process, and reconcile only if
SHOPIFY_ADMIN_ACCESS_FILE is set. Any number of each may run at once.
A server that is away is waited for.

A password, a token or a secret may also stand in a file, which the variable with _FILE behind it
names, as SHOPIFY_API_SECRET_FILE. Files of certificates are in PEM, and read anew when they
change.
""",
    environment={
        "REFERRALS_DB_HOST": "all: PostgreSQL; also _PORT (5434), _NAME (referrals_db), _USER "
        "and _PASSWORD",
        "REFERRALS_WEBHOOK_LISTEN": "http: host:port to listen on (127.0.0.1:8080); port 0 takes "
        "a free one",
        "SHOPIFY_API_SECRET": "http, reconcile: what webhooks are signed with; while it "
        "rotates, also SHOPIFY_API_SECRET_PREVIOUS",
        "REFERRALS_REDIS_HOST": "worker, reconcile: Redis or Valkey; also _PORT (6379)",
        "AUTH_GRPC_TARGET": "worker: host:port of Auth; also AUTH_GRPC_SERVICE "
        "(auth.v1.AuthService)",
        "AUTH_SERVICE_TOKEN": "worker: the token that it shows to Auth and Core",
        "CORE_GRPC_TARGET": "worker: host:port of Core; also CORE_GRPC_SERVICE "
        "(core.v1.CoreService)",
        "KAFKA_BROKER": "relay: host:port of a broker, or of several with commas; also "
        "KAFKA_RETENTION_DAYS (30), for topics that it makes",
        "KAFKA_SASL_MECHANISM": "relay: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512 (none); also "
        "_USERNAME and _PASSWORD",
        "REFERRALS_DB_TLS_CA_FILE": "all: of whom PostgreSQL needs a certificate (none); so do "
        "REFERRALS_REDIS_TLS_CA_FILE, KAFKA_TLS_CA_FILE, AUTH_GRPC_TLS_CA_FILE and "
        "CORE_GRPC_TLS_CA_FILE; we show ours by _CERTIFICATE_FILE and _KEY_FILE in place of "
        "_CA_FILE",
        **{name: f"reconcile: {what}" for name, what in ADMIN.items()},
        "REFERRALS_RECONCILE_SECONDS": "reconcile: how long it waits after it swept all shops "
        "(900)",
        "REFERRALS_METRICS_LISTEN": "all: host:port where Prometheus may GET /metrics (none); "
        "without --role the relay, a process of its own, takes the next port",
        **LOGS,
    },
    examples=(
        "referrals-webhook run",
        "REFERRALS_WEBHOOK_LISTEN=0.0.0.0:8080 referrals-webhook run --role http",
    ),
    exits={
        DONE: "SIGTERM or Ctrl-C told it to stop, and what was begun is finished",
        REPLACE: "a relay can no longer tell what became of an event: start it again",
    },
)


def add_run(commands: Commands) -> None:
    """Add the command."""
    run = add_command(commands, "run", _ABOUT)
    run.add_argument("--role", choices=list(Role), help="the one role to run (all)")
