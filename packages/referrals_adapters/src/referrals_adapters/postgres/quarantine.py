"""The quarantine in PostgreSQL."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import attrs

from referrals_adapters.postgres.sets import given, inserting
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import quarantine
from referrals_domain.ports.quarantine import Quarantine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.delivery import UnreadableBody

_ADD = inserting(
    quarantine, given(*(column for column in quarantine.c if column.name != "id"))
).on_conflict_do_nothing(constraint="uq_quarantine_digest")


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
