"""
The tables.

The merchant stands first in every key. There are no foreign keys: their checks would lock rows
behind our backs and out of order. What the rows of one transaction owe each other, the
transaction keeps by its own locks.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

HOLDS_THE_FRIEND: Final = text("status IN ('QUALIFIED', 'COMPLETED')")
"""The condition of the friends' index; a query must say it in the same words to use it."""

IS_CONVERSION: Final = text("status IN ('QUALIFIED', 'COMPLETED') AND order_id IS NOT NULL")
"""
The condition of the index of an advocate's conversions.

All of them have an order. It is said so that only a query that says it, too, can use this index:
without statistics a friend would be looked for in it, among all conversions of the merchant.
"""

IS_AT_REST: Final = text("status IN ('COMPLETED', 'EXPIRED', 'REJECTED', 'REVERSED')")
"""The condition of the index of referrals that wait for nothing."""

IS_UNBOUND: Final = text("referral_id IS NULL")
"""The condition of the index of orders that have no referral."""

IS_PENDING: Final = text("status = 'PENDING'")
"""The condition of the index of shares that wait for an order."""

IS_WAITING: Final = text("outcome IS NULL")
"""The condition of the index of deliveries that wait."""

IS_DONE: Final = text("outcome <> 'held'")
"""The condition of the index of deliveries that nobody has to do with any more."""

IS_HELD: Final = text("outcome = 'held'")
"""The condition of the index of deliveries that wait for a person."""

IS_ASKED: Final = text("done_at IS NULL")
"""The condition of the index of privacy requests that wait."""

IS_REFUSED: Final = text("refused_at IS NOT NULL")
"""The condition of the index of events that Kafka refused."""

_UUID: Final = Uuid(as_uuid=False)
_TIME: Final = DateTime(timezone=True)
_DOCUMENT: Final = JSONB(none_as_null=True)

metadata: Final = MetaData()


def _key(*columns: str, of: str) -> PrimaryKeyConstraint:
    return PrimaryKeyConstraint(*columns, name=f"pk_{of}")


def _required(name: str, type_: Any, *args: Any, **options: Any) -> Column[Any]:
    return Column(name, type_, *args, nullable=False, **options)


programs: Final = Table(
    "programs",
    metadata,
    _required("merchant_id", Text),
    _required("shop_domain", Text),
    _required("storefront_url", Text),
    _required("code_prefix", Text),
    _required("window", Interval),
    _required("complete_on", Text),
    _required("hold", Interval),
    _required("minimum_order", BigInteger),
    _required("refund_percent", Integer),
    _required("velocity_cap", Integer),
    _required("new_friends_only", Boolean),
    _required("discount_link", Boolean),
    _required("active", Boolean),
    _required("version", Integer),
    # services of the release before put programs without it
    _required("review", Boolean, server_default=text("false")),
    Column("retention", Interval),
    _key("merchant_id", of="programs"),
    UniqueConstraint("shop_domain", name="uq_programs_shop_domain"),
    CheckConstraint("version >= 1", name="ck_programs_version"),
)

referral_links: Final = Table(
    "referral_links",
    metadata,
    _required("merchant_id", Text),
    _required("id", _UUID),
    _required("customer_id", Text),
    _required("code", Text),
    _required("created_at", _TIME),
    Column("revoked_at", _TIME),
    _key("merchant_id", "id", of="referral_links"),
    UniqueConstraint("merchant_id", "customer_id", name="uq_referral_links_customer_id"),
    UniqueConstraint("merchant_id", "code", name="uq_referral_links_code"),
    CheckConstraint("length(code) = 10", name="ck_referral_links_code"),
)

referrals: Final = Table(
    "referrals",
    metadata,
    _required("merchant_id", Text),
    _required("id", _UUID),
    _required("customer_id", Text),
    _required("referral_link_id", _UUID),
    Column("channel", Text),
    _required("status", Text),
    _required("cause", Text),
    _required("version", Integer),
    _required("opened_at", _TIME),
    _required("updated_at", _TIME),
    Column("order_id", Text),
    Column("referred_customer_id", Text),
    Column("due_at", _TIME),
    _key("merchant_id", "id", of="referrals"),
    CheckConstraint("version >= 1", name="ck_referrals_version"),
    CheckConstraint(
        "status IN ('PENDING', 'QUALIFIED', 'COMPLETED', 'EXPIRED', 'REJECTED', 'REVERSED')",
        name="ck_referrals_status",
    ),
    Index(
        "idx_referrals_merchant_id",
        "merchant_id",
        "opened_at",
        "id",
        postgresql_include=["channel", "status"],  # what the funnel counts
    ),
    Index("idx_referrals_customer_id", "merchant_id", "customer_id", "opened_at", "id"),
    Index("idx_referrals_referral_link_id", "referral_link_id", "merchant_id", "opened_at", "id"),
    Index(
        "idx_referrals_qualified",
        "merchant_id",
        "opened_at",
        "id",
        postgresql_where=text("status = 'QUALIFIED'"),
    ),
    Index(
        "idx_referrals_due",
        "due_at",
        "merchant_id",
        "id",
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index(
        "idx_referrals_pending",
        "merchant_id",
        "opened_at",
        "id",
        postgresql_where=IS_PENDING,
    ),
    Index("idx_referrals_at_rest", "merchant_id", "updated_at", "id", postgresql_where=IS_AT_REST),
    Index("uq_referrals_order_id", "merchant_id", "order_id", unique=True),
    Index(
        "uq_referrals_friend",
        "merchant_id",
        "referred_customer_id",
        unique=True,
        postgresql_where=HOLDS_THE_FRIEND,
    ),
    Index(
        "idx_referrals_conversions",
        "merchant_id",
        "customer_id",
        postgresql_where=IS_CONVERSION,
    ),
)

referral_history: Final = Table(
    "referral_history",
    metadata,
    _required("merchant_id", Text),
    _required("referral_id", _UUID),
    _required("version", Integer),
    Column("from_status", Text),
    _required("status", Text),
    _required("cause", Text),
    _required("at", _TIME),
    _key("merchant_id", "referral_id", "version", of="referral_history"),
    Index("idx_referral_history_at", "at"),
)

referred_orders: Final = Table(
    "referred_orders",
    metadata,
    _required("merchant_id", Text),
    _required("order_id", Text),
    _required("facts", _DOCUMENT),
    _required("evidence", _DOCUMENT),
    Column("attribution", _DOCUMENT),
    Column("referral_id", _UUID),
    Column("placed_on", Date, comment="the day (UTC) of facts.placed_at"),
    Column("explanation", _DOCUMENT),
    Column("address", Text, comment="the digest in facts.snapshot"),
    # services of the release before save orders without it
    _required("heard_of_at", _TIME, server_default=text("now()")),
    _key("merchant_id", "order_id", of="referred_orders"),
    UniqueConstraint("order_id", name="uq_referred_orders_order_id"),
    Index(
        "idx_referred_orders_address",
        "merchant_id",
        "address",
        postgresql_where=text("address IS NOT NULL"),
    ),
    Index("idx_referred_orders_unbound", "heard_of_at", postgresql_where=IS_UNBOUND),
)

requests: Final = Table(
    "requests",
    metadata,
    _required("merchant_id", Text),
    _required("request_id", _UUID),
    _required("fingerprint", LargeBinary),
    _required("resource_id", _UUID),
    _required("created_at", _TIME),
    _key("merchant_id", "request_id", of="requests"),
    Index("idx_requests_created_at", "created_at"),
)

deliveries: Final = Table(
    "deliveries",
    metadata,
    _required("id", BigInteger, Identity(always=True)),
    _required("merchant_id", Text),
    _required("order_id", Text),
    _required("topic", Text),
    _required("digest", LargeBinary),
    _required("facts", _DOCUMENT),
    _required("received_at", _TIME),
    _required("due_at", _TIME),
    _required("attempts", Integer),
    Column("outcome", Text),
    Column("source", Text, nullable=False, server_default="webhook"),
    _key("id", of="deliveries"),
    UniqueConstraint(
        "merchant_id", "order_id", "topic", "digest", name="uq_deliveries_merchant_id"
    ),
    Index("idx_deliveries_due", "merchant_id", "due_at", "id", postgresql_where=IS_WAITING),
    Index("idx_deliveries_done", "received_at", postgresql_where=IS_DONE),
    Index("idx_deliveries_held", "received_at", "id", postgresql_where=IS_HELD),
)

quarantine: Final = Table(
    "quarantine",
    metadata,
    _required("id", BigInteger, Identity(always=True)),
    _required("digest", LargeBinary),
    _required("topic", Text),
    _required("shop", Text),
    _required("body", LargeBinary),
    _required("reason", Text),
    _required("received_at", _TIME),
    _key("id", of="quarantine"),
    UniqueConstraint("digest", name="uq_quarantine_digest"),
    Index("idx_quarantine_received_at", "received_at"),
)

outbox: Final = Table(
    "outbox",
    metadata,
    _required("seq", BigInteger, Identity(always=True)),
    _required("id", _UUID),
    _required("aggregatetype", Text),
    _required("aggregateid", Text),
    _required("type", Text),
    _required("occurred_at", _TIME),
    _required("payload", LargeBinary),
    Column("refused_at", _TIME),
    Column("reason", Text),
    _key("seq", of="outbox"),
    Index("idx_outbox_refused", "aggregateid", postgresql_where=IS_REFUSED),
    comment="columns named as Debezium's outbox event router expects",
)

stale_statuses: Final = Table(
    "stale_statuses",
    metadata,
    _required("merchant_id", Text),
    _required("referral_id", _UUID),
    _required("version", Integer),
    _required("seq", BigInteger, Identity(always=True)),
    _key("merchant_id", "referral_id", of="stale_statuses"),
    Index("idx_stale_statuses_seq", "seq"),
)

visits: Final = Table(
    "visits",
    metadata,
    _required("merchant_id", Text),
    Column("referral_id", _UUID),
    _required("referral_link_id", _UUID),
    Column("channel", Text),
    _required("day", Date),
    _required("number", BigInteger),
    UniqueConstraint(
        *("merchant_id", "referral_id", "referral_link_id", "channel", "day"),
        name="uq_visits",
        postgresql_nulls_not_distinct=True,
    ),
    Index("idx_visits_day", "day"),
    Index(
        "idx_visits_merchant_id", "merchant_id", "day", postgresql_include=["channel", "number"]
    ),
)

watermarks: Final = Table(
    "watermarks",
    metadata,
    _required("merchant_id", Text),
    _required("swept_until", _TIME),
    _key("merchant_id", of="watermarks"),
)

merchant_keys: Final = Table(
    "merchant_keys",
    metadata,
    _required("merchant_id", Text),
    _required("key", LargeBinary),
    _key("merchant_id", of="merchant_keys"),
    comment="what makes tombstones; without it they can be traced to nobody",
)

redactions: Final = Table(
    "redactions",
    metadata,
    _required("merchant_id", Text),
    _required("tombstone", Text),
    _required("redacted_at", _TIME),
    _key("merchant_id", "tombstone", of="redactions"),
)

privacy_requests: Final = Table(
    "privacy_requests",
    metadata,
    _required("id", BigInteger, Identity(always=True)),
    _required("merchant_id", Text),
    _required("kind", Text),
    _required("key", Text, comment="a keyed digest of what was asked for"),
    Column("customer_id", Text, comment="none once it is done"),
    _required("received_at", _TIME),
    Column("done_at", _TIME),
    _required("touched", _DOCUMENT, comment="the receipt: rows of each table"),
    _key("id", of="privacy_requests"),
    UniqueConstraint("merchant_id", "kind", "key", name="uq_privacy_requests_key"),
    Index("idx_privacy_requests_waiting", "received_at", "id", postgresql_where=IS_ASKED),
)
