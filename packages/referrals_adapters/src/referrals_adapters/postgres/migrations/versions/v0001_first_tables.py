"""The first tables."""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "0001"
down_revision: Final = None
branch_labels: Final = None
depends_on: Final = None

_TABLES: Final = (
    """
    CREATE TABLE programs (
        merchant_id text NOT NULL,
        shop_domain text NOT NULL,
        storefront_url text NOT NULL,
        code_prefix text NOT NULL,
        "window" interval NOT NULL,
        complete_on text NOT NULL,
        hold interval NOT NULL,
        minimum_order bigint NOT NULL,
        refund_percent integer NOT NULL,
        velocity_cap integer NOT NULL,
        new_friends_only boolean NOT NULL,
        discount_link boolean NOT NULL,
        active boolean NOT NULL,
        version integer NOT NULL,
        CONSTRAINT pk_programs PRIMARY KEY (merchant_id),
        CONSTRAINT uq_programs_shop_domain UNIQUE (shop_domain),
        CONSTRAINT ck_programs_version CHECK (version >= 1)
    )
    """,
    """
    CREATE TABLE referral_links (
        merchant_id text NOT NULL,
        id uuid NOT NULL,
        customer_id text NOT NULL,
        code text NOT NULL,
        created_at timestamptz NOT NULL,
        revoked_at timestamptz,
        CONSTRAINT pk_referral_links PRIMARY KEY (merchant_id, id),
        CONSTRAINT uq_referral_links_customer_id UNIQUE (merchant_id, customer_id),
        CONSTRAINT uq_referral_links_code UNIQUE (merchant_id, code),
        CONSTRAINT ck_referral_links_code CHECK (length(code) = 10)
    )
    """,
    """
    CREATE TABLE referrals (
        merchant_id text NOT NULL,
        id uuid NOT NULL,
        customer_id text NOT NULL,
        referral_link_id uuid NOT NULL,
        channel text,
        status text NOT NULL,
        cause text NOT NULL,
        version integer NOT NULL,
        opened_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        order_id text,
        referred_customer_id text,
        due_at timestamptz,
        CONSTRAINT pk_referrals PRIMARY KEY (merchant_id, id),
        CONSTRAINT ck_referrals_version CHECK (version >= 1),
        CONSTRAINT ck_referrals_status CHECK (
            status IN ('PENDING', 'QUALIFIED', 'COMPLETED', 'EXPIRED', 'REJECTED', 'REVERSED')
        )
    )
    """,
    "CREATE INDEX idx_referrals_merchant_id ON referrals (merchant_id, opened_at)",
    "CREATE INDEX idx_referrals_referral_link_id ON referrals (referral_link_id)",
    "CREATE UNIQUE INDEX uq_referrals_order_id ON referrals (merchant_id, order_id)",
    """
    CREATE UNIQUE INDEX uq_referrals_friend ON referrals (merchant_id, referred_customer_id)
    WHERE status IN ('QUALIFIED', 'COMPLETED')
    """,
    """
    CREATE INDEX idx_referrals_conversions ON referrals (merchant_id, customer_id)
    WHERE status IN ('QUALIFIED', 'COMPLETED')
    """,
    """
    CREATE TABLE referral_history (
        merchant_id text NOT NULL,
        referral_id uuid NOT NULL,
        version integer NOT NULL,
        from_status text,
        status text NOT NULL,
        cause text NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT pk_referral_history PRIMARY KEY (merchant_id, referral_id, version)
    )
    """,
    """
    CREATE TABLE referred_orders (
        merchant_id text NOT NULL,
        order_id text NOT NULL,
        facts jsonb NOT NULL,
        evidence jsonb NOT NULL,
        attribution jsonb,
        referral_id uuid,
        placed_on date,
        CONSTRAINT pk_referred_orders PRIMARY KEY (merchant_id, order_id),
        CONSTRAINT uq_referred_orders_order_id UNIQUE (order_id)
    )
    """,
    "COMMENT ON COLUMN referred_orders.placed_on IS 'the day (UTC) of facts.placed_at'",
    """
    CREATE TABLE deliveries (
        id bigint GENERATED ALWAYS AS IDENTITY,
        merchant_id text NOT NULL,
        order_id text NOT NULL,
        topic text NOT NULL,
        digest bytea NOT NULL,
        facts jsonb NOT NULL,
        received_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        attempts integer NOT NULL,
        outcome text,
        CONSTRAINT pk_deliveries PRIMARY KEY (id),
        CONSTRAINT uq_deliveries_merchant_id UNIQUE (merchant_id, order_id, topic, digest)
    )
    """,
    "CREATE INDEX idx_deliveries_waiting ON deliveries (due_at, id) WHERE outcome IS NULL",
    """
    CREATE TABLE quarantine (
        id bigint GENERATED ALWAYS AS IDENTITY,
        digest bytea NOT NULL,
        topic text NOT NULL,
        shop text NOT NULL,
        body bytea NOT NULL,
        reason text NOT NULL,
        received_at timestamptz NOT NULL,
        CONSTRAINT pk_quarantine PRIMARY KEY (id),
        CONSTRAINT uq_quarantine_digest UNIQUE (digest)
    )
    """,
    """
    CREATE TABLE outbox (
        seq bigint GENERATED ALWAYS AS IDENTITY,
        id uuid NOT NULL,
        aggregatetype text NOT NULL,
        aggregateid text NOT NULL,
        type text NOT NULL,
        occurred_at timestamptz NOT NULL,
        payload bytea NOT NULL,
        CONSTRAINT pk_outbox PRIMARY KEY (seq)
    )
    """,
    "COMMENT ON TABLE outbox IS 'columns named as Debezium''s outbox event router expects'",
    """
    CREATE TABLE stale_statuses (
        merchant_id text NOT NULL,
        referral_id uuid NOT NULL,
        version integer NOT NULL,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        CONSTRAINT pk_stale_statuses PRIMARY KEY (merchant_id, referral_id)
    )
    """,
    "CREATE INDEX idx_stale_statuses_seq ON stale_statuses (seq)",
)

_NAMES: Final = (
    "programs, referral_links, referrals, referral_history, referred_orders, deliveries, "
    "quarantine, outbox, stale_statuses"
)


def upgrade() -> None:
    """Create every table."""
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Drop every table."""
    op.execute(f"DROP TABLE {_NAMES}")
