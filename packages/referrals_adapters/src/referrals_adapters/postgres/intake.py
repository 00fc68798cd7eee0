"""Where deliveries are stored at once, in PostgreSQL."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Final

import attrs
from sqlalchemy import ARRAY, bindparam, column, func, select

from referrals_adapters.postgres.deliveries import KEY, once, rows_of, were_new
from referrals_adapters.postgres.pool import Pool
from referrals_adapters.postgres.sets import plain
from referrals_adapters.postgres.statements import asking
from referrals_adapters.postgres.tables import deliveries, programs
from referrals_domain.ports.intake import Intake

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Executable

    from referrals_domain.model.delivery import AcceptedDelivery
    from referrals_domain.model.program import ReferralProgram

_SEEN: Final = ("merchant_id", "shop_domain", "storefront_url", "version")
"""What of programs receipts rest on, and what tells that nothing else of them has changed."""

_NEW: Final = (*KEY, "facts", "received_at", "source")
"""What is told of deliveries."""

_TAKE: Final[Executable] = select(*map(column, KEY)).select_from(
    func.take_deliveries(
        *(
            bindparam(f"{table.name}_{name}", type_=ARRAY(table.c[name].type))
            for table, names in ((programs, _SEEN), (deliveries, _NEW))
            for name in names
        )
    ).table_valued(*KEY)
)


@attrs.frozen
class PostgresIntake(Intake):
    """
    Where deliveries are stored at once, in PostgreSQL: by a function, so in one round trip.

    It holds the merchants as `PostgresMerchantKeys` does, and looks and stores in statements of
    its own, each of which sees what was committed before it.

    Args:
        pool: The connections.
    """

    pool: Pool

    async def add(
        self, deliveries: Sequence[AcceptedDelivery], *, programs: Collection[ReferralProgram]
    ) -> Sequence[bool] | None:
        """Store them; a row of nulls says that it will not do."""
        rows = rows_of(deliveries)
        seen = [attrs.asdict(one, recurse=False) for one in programs]
        seen.sort(key=itemgetter("merchant_id"))
        arguments = _arrays("programs", _SEEN, seen) | _arrays("deliveries", _NEW, once(rows))
        async with asking(self.pool) as statements:
            added = await statements.rows(_TAKE, **arguments)
        if any(row["merchant_id"] is None for row in added):
            return None
        return were_new(rows, added)


def _arrays(
    table: str, names: Iterable[str], rows: Collection[Mapping[str, object]]
) -> dict[str, list[object]]:
    return {f"{table}_{name}": [plain(row[name]) for row in rows] for name in names}
