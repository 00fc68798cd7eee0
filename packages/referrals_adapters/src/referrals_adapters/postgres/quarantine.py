"""The quarantine in PostgreSQL."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

import attrs
from sqlalchemy import BigInteger, Text, bindparam, delete, func, select

from referrals_adapters.postgres.sets import given, inserting, same
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import quarantine
from referrals_domain.ports.quarantine import Quarantine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.delivery import UnreadableBody
    from referrals_domain.model.identifiers import ShopDomain
    from referrals_domain.model.mentions import Mentions

_BODIES: Final = 20  # of up to 2 MiB are read at a time

_ADD = inserting(
    quarantine, given(*(column for column in quarantine.c if column.name != "id"))
).on_conflict_do_nothing(constraint="uq_quarantine_digest")

_SHOP = func.lower(quarantine.c.shop) == bindparam("shop", type_=Text)
_PAGE = (
    select(quarantine.c.id, quarantine.c.body)
    .where(_SHOP, quarantine.c.id > bindparam("behind", type_=BigInteger))
    .order_by(quarantine.c.id)
    .limit(_BODIES)
)
_GONE = given(quarantine.c.id)
_FORGET = delete(quarantine).where(same(quarantine, _GONE, "id"))


@attrs.frozen
class PostgresQuarantine(Quarantine):
    """The quarantine in PostgreSQL; a body counts as kept if the same bytes are."""

    statements: Statements

    async def add(self, bodies: Sequence[UnreadableBody]) -> None:
        """Insert bodies, in the order of their digests, that are not there yet."""
        rows = {sha256(one.body).digest(): one for one in reversed(bodies)}
        await self.statements.count_for(
            _ADD, [_row(digest, rows[digest]) for digest in sorted(rows)]
        )

    async def forget(self, shop: ShopDomain, mentions: Mentions | None = None) -> int:
        """Read the bodies of a shop, some at a time, and delete those that are meant."""
        forgotten, behind = 0, 0
        while page := await self.statements.rows(_PAGE, shop=str(shop), behind=behind):
            behind = page[-1].id
            gone = [
                {"id": row.id} for row in page if mentions is None or mentions.are_in(row.body)
            ]
            forgotten += await self.statements.count_for(_FORGET, gone)
        return forgotten


def _row(digest: bytes, unreadable: UnreadableBody) -> dict[str, object]:
    return {
        "digest": digest,
        "topic": unreadable.topic,
        "shop": _storable(unreadable.shop),
        "body": unreadable.body,
        "reason": _storable(unreadable.reason),
        "received_at": unreadable.received_at,
    }


def _storable(text: str) -> str:
    """Replace what `text` columns refuse, NUL and lone surrogates: the text may be hostile."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
