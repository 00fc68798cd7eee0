"""For whom a transaction acts: where the database has walls, it sees the rows of no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Text, bindparam, func, select

if TYPE_CHECKING:
    from collections.abc import Iterable

    from referrals_adapters.postgres.statements import Statements
    from referrals_domain.model.identifiers import MerchantId

_PARAMETER: Final = "acting_for"
ACTING: Final = select(
    func.set_config("referrals.acting_for", bindparam(_PARAMETER, type_=Text), True)  # noqa: FBT003 - until the transaction ends; SQL has no names for it
)
"""What says so, until the transaction ends."""


def acting_for(merchant_ids: Iterable[MerchantId]) -> dict[str, object]:
    """Return the parameters that say for whom."""
    return {_PARAMETER: ",".join(sorted(set(merchant_ids)))}


async def act_for(statements: Statements, merchant_ids: Iterable[MerchantId]) -> None:
    """Say it in a statement of its own."""
    await statements.rows(ACTING, **acting_for(merchant_ids))
