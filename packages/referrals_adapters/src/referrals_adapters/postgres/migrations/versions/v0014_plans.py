"""Plans that are right whatever PostgreSQL knows of the tables."""

from __future__ import annotations

from typing import Final

from alembic import op

from referrals_adapters.postgres.migrations.versions.v0013_take_deliveries import TAKE_DELIVERIES

revision: Final = "0014"
down_revision: Final = "0013"
branch_labels: Final = None
depends_on: Final = None

_BY_MERCHANT: Final = (
    "deliveries",
    "referral_history",
    "referral_links",
    "referrals",
    "referred_orders",
    "stale_statuses",
)

# As if a merchant had a twentieth of each. Else, of a table that had a row for each merchant when
# PostgreSQL looked at it, it believes that this is so however large one of them becomes.
_A_MERCHANT_HAS_MANY: Final = tuple(
    f"ALTER TABLE {table} ALTER merchant_id SET (n_distinct = 20)" for table in _BY_MERCHANT
)
_AS_MANY_AS_COUNTED: Final = tuple(
    f"ALTER TABLE {table} ALTER merchant_id RESET (n_distinct)" for table in _BY_MERCHANT
)

# Its plans are kept: to make them anew was half of what a small batch cost. They may be from when
# tables were empty, so what it looks up is looked up by index, row by row.
_TAKE_DELIVERIES: Final = """
    CREATE OR REPLACE FUNCTION take_deliveries(
        merchants text[], shops text[], storefronts text[], versions integer[],
        of_merchants text[], orders text[], topics text[], digests bytea[],
        documents jsonb[], times timestamptz[], sources text[]
    ) RETURNS TABLE (merchant_id text, order_id text, topic text, digest bytea)
    LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
    #variable_conflict use_column
    BEGIN
        PERFORM pg_advisory_xact_lock_shared(hashtextextended('merchant ' || held.id, 0))
        FROM unnest(merchants) AS held (id);
        IF EXISTS (
            SELECT FROM unnest(merchants, shops, storefronts, versions)
            AS seen (merchant_id, shop_domain, storefront_url, version)
            WHERE (
                SELECT (shop_domain, storefront_url, version)
                    = (seen.shop_domain, seen.storefront_url, seen.version)
                FROM programs WHERE merchant_id = seen.merchant_id
            ) IS NOT TRUE
            OR (SELECT true FROM merchant_keys WHERE merchant_id = seen.merchant_id)
        ) THEN
            RETURN NEXT;
            RETURN;
        END IF;
        RETURN QUERY
        INSERT INTO deliveries (
            merchant_id, order_id, topic, digest, facts, received_at, due_at, attempts, source
        )
        SELECT of_merchant, of_order, of_topic, of_digest, document, came_at, came_at, 0, of_source
        FROM unnest(of_merchants, orders, topics, digests, documents, times, sources)
        WITH ORDINALITY AS given (
            of_merchant, of_order, of_topic, of_digest, document, came_at, of_source, place
        )
        ORDER BY place
        ON CONFLICT ON CONSTRAINT uq_deliveries_merchant_id DO NOTHING
        RETURNING
            deliveries.merchant_id, deliveries.order_id, deliveries.topic, deliveries.digest;
    END $$
"""

_UP: Final = (
    *_A_MERCHANT_HAS_MANY,
    "DROP INDEX idx_referrals_conversions",
    """
    CREATE INDEX idx_referrals_conversions ON referrals (merchant_id, customer_id)
    WHERE status IN ('QUALIFIED', 'COMPLETED') AND order_id IS NOT NULL
    """,
    _TAKE_DELIVERIES,
)

_DOWN: Final = (
    TAKE_DELIVERIES.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"),
    "DROP INDEX idx_referrals_conversions",
    """
    CREATE INDEX idx_referrals_conversions ON referrals (merchant_id, customer_id)
    WHERE status IN ('QUALIFIED', 'COMPLETED')
    """,
    *_AS_MANY_AS_COUNTED,
)


def upgrade() -> None:
    """Have all that is asked for an order found by its own index."""
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    """Go back to plans that are as good as what PostgreSQL has counted."""
    for statement in _DOWN:
        op.execute(statement)
