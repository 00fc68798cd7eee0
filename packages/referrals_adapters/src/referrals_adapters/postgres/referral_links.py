"""The referral links in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from sqlalchemy import select

from referrals_adapters.postgres.mapping import to_link, to_row
from referrals_adapters.postgres.sets import given, inserting, same, updating
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import referral_links
from referrals_domain.model.code import CodeKey
from referrals_domain.model.identifiers import LinkKey
from referrals_domain.ports.referral_links import ReferralLinks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from referrals_adapters.postgres.row import Row
    from referrals_domain.model.link import ReferralLink

_COLUMNS = referral_links.c

_CODES = given(_COLUMNS.merchant_id, _COLUMNS.code)
_BY_CODES = select(referral_links).join(
    _CODES, same(referral_links, _CODES, "merchant_id", "code")
)

_KEYS = given(_COLUMNS.merchant_id, _COLUMNS.id)
_GET = select(referral_links).join(_KEYS, same(referral_links, _KEYS, "merchant_id", "id"))
_LOCK = _GET.order_by(_COLUMNS.merchant_id, _COLUMNS.id).with_for_update(of=referral_links)

_ADVOCATES = given(_COLUMNS.merchant_id, _COLUMNS.customer_id)
_BY_ADVOCATES = select(referral_links).join(
    _ADVOCATES, same(referral_links, _ADVOCATES, "merchant_id", "customer_id")
)

_ROWS = given(*_COLUMNS)
_ADD = inserting(referral_links, _ROWS).on_conflict_do_nothing(
    constraint="uq_referral_links_customer_id"
)
_SAVE = updating(referral_links, _ROWS, "merchant_id", "id")


@attrs.frozen
class PostgresReferralLinks(ReferralLinks):
    """The referral links in PostgreSQL."""

    statements: Statements

    async def by_codes(self, codes: Collection[CodeKey]) -> Mapping[CodeKey, ReferralLink]:
        """Return the links that have these codes."""
        keys = [key._asdict() for key in set(codes)]
        links = [to_link(row) for row in await self.statements.rows_for(_BY_CODES, keys)]
        return {CodeKey(link.merchant_id, link.code): link for link in links}

    async def get(self, keys: Collection[LinkKey]) -> Mapping[LinkKey, ReferralLink]:
        """Return the links."""
        return _by_key(await self.statements.rows_for(_GET, _rows(keys)))

    async def lock(self, keys: Collection[LinkKey]) -> Mapping[LinkKey, ReferralLink]:
        """Return the links, locked in the order of their keys."""
        return _by_key(await self.statements.rows_for(_LOCK, _rows(keys)))

    async def add(self, link: ReferralLink) -> ReferralLink:
        """Insert a link unless its advocate has one."""
        if await self.statements.count_for(_ADD, [to_row(link)]):
            return link
        advocate = {"merchant_id": link.merchant_id, "customer_id": link.customer_id}
        (row,) = await self.statements.rows_for(_BY_ADVOCATES, [advocate])
        return to_link(row)

    async def save(self, link: ReferralLink) -> None:
        """Update a link that this transaction locked."""
        if not await self.statements.count_for(_SAVE, [to_row(link)]):
            raise AssertionError("a link is locked before it is saved")


def _rows(keys: Collection[LinkKey]) -> list[dict[str, object]]:
    return [{"merchant_id": key.merchant_id, "id": key.link_id} for key in set(keys)]


def _by_key(rows: Iterable[Row]) -> dict[LinkKey, ReferralLink]:
    return {LinkKey(link.merchant_id, link.id): link for link in map(to_link, rows)}
