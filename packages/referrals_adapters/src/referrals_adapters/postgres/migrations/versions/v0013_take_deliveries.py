"""Deliveries that are stored in one round trip."""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "0013"
down_revision: Final = "0012"
branch_labels: Final = None
depends_on: Final = None

# Volatile, as functions are unless they say otherwise: each statement sees what was committed
# before it, and so the second what was done by whom the first waited for.
TAKE_DELIVERIES: Final = """
    CREATE FUNCTION take_deliveries(
        merchants text[], shops text[], storefronts text[], versions integer[],
        of_merchants text[], orders text[], topics text[], digests bytea[],
        documents jsonb[], times timestamptz[], sources text[]
    ) RETURNS TABLE (merchant_id text, order_id text, topic text, digest bytea)
    LANGUAGE plpgsql AS $$
    #variable_conflict use_column
    BEGIN
        PERFORM pg_advisory_xact_lock_shared(hashtextextended('merchant ' || held.id, 0))
        FROM unnest(merchants) AS held (id);
        IF EXISTS (
            SELECT FROM unnest(merchants, shops, storefronts, versions)
            AS seen (merchant_id, shop_domain, storefront_url, version)
            LEFT JOIN programs USING (merchant_id, shop_domain, storefront_url, version)
            LEFT JOIN merchant_keys ON merchant_keys.merchant_id = seen.merchant_id
            WHERE programs.merchant_id IS NULL OR merchant_keys.merchant_id IS NOT NULL
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
    TAKE_DELIVERIES,
    "REVOKE ALL ON FUNCTION take_deliveries FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION take_deliveries TO referrals_services",
)


def upgrade() -> None:
    """Make the function."""
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop it; who stores deliveries must not need it any more."""
    op.execute("DROP FUNCTION take_deliveries")
