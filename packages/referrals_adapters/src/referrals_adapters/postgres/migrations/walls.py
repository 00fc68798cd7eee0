"""
The wall around a table that names a merchant.

The webhook service's roles work on sets of all merchants, and see every row. Who acts for
merchants sees their rows alone, and no row unless it says for whom.
"""

from __future__ import annotations

from typing import Final

# A set, because one read of statuses serves the calls of many merchants; no id has a comma. Where
# nobody said for whom, the parameter is null or, later in a session, empty. As a query of its own
# it is looked at once a statement, and by the executor alone: the planner would take what was said
# before, which may be nothing, for what the statement finds. And `coalesce` keeps it a filter, so
# that a statement's own condition leads to its rows along the same index as without a wall.
_ACTED_FOR: Final = "SELECT string_to_array(current_setting('referrals.acting_for', true), ',')"
_IS_ACTED_FOR: Final = f"coalesce(merchant_id = ANY (({_ACTED_FOR})::text[]), false)"


def wall(table: str) -> tuple[str, ...]:
    """Return the statements that build it; migrations that ran have built it so: never change."""
    return (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY every_merchant ON {table} TO referrals_services USING (true)",
        f"CREATE POLICY acted_for ON {table} TO referrals_merchant USING ({_IS_ACTED_FOR})",
    )
