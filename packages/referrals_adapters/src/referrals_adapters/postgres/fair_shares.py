"""Which deliveries are next, so that no shop waits for another's."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Integer, bindparam, text

from referrals_adapters.postgres.tables import deliveries

_COLUMNS: Final = deliveries.c

# `waiting` steps from shop to shop along the index: each step reads one entry of it, however
# many deliveries the shop has. Each chosen shop is then read from its oldest entry on.
FAIR_SHARES: Final = (
    text("""
        WITH RECURSIVE waiting AS (
            (
                SELECT merchant_id, due_at FROM deliveries
                WHERE outcome IS NULL
                ORDER BY merchant_id, due_at LIMIT 1
            )
            UNION ALL
            SELECT following.merchant_id, following.due_at
            FROM waiting CROSS JOIN LATERAL (
                SELECT merchant_id, due_at FROM deliveries
                WHERE outcome IS NULL AND merchant_id > waiting.merchant_id
                ORDER BY merchant_id, due_at LIMIT 1
            ) AS following
        ),
        shops AS (
            SELECT merchant_id FROM waiting
            WHERE due_at <= :at
            ORDER BY due_at, merchant_id LIMIT :limit
        )
        SELECT share.id, share.due_at
        FROM shops CROSS JOIN LATERAL (
            SELECT id, due_at FROM deliveries
            WHERE outcome IS NULL AND merchant_id = shops.merchant_id AND due_at <= :at
            ORDER BY due_at, id
            LIMIT greatest(1, :limit / (SELECT count(*) FROM shops))
            FOR UPDATE SKIP LOCKED
        ) AS share
    """)
    .bindparams(bindparam("at", type_=_COLUMNS.due_at.type), bindparam("limit", type_=Integer))
    .columns(_COLUMNS.id, _COLUMNS.due_at)
)
"""Locks up to `limit` deliveries that are due `at` a time, in equal shares for shops that wait."""
