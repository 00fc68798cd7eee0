"""The programs, the referral links and the outbox in SQLite."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

import attrs

from referrals_adapters.wire.events import event_data
from referrals_domain.errors import CodeTaken, ShopTaken, Stale
from referrals_domain.model.code import CodeKey
from referrals_domain.model.link import ReferralLink
from referrals_domain.model.program import ReferralProgram
from referrals_domain.ports.outbox import Outbox, OutboxEntry
from referrals_domain.ports.programs import Programs
from referrals_domain.ports.referral_links import ReferralLinks
from sqlite_adapters.database import Database, parameter, row

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from referrals_domain.model.events import ReferralEvent
    from referrals_domain.model.identifiers import LinkKey, MerchantId, ShopDomain

_PROGRAMS: Final = "SELECT * FROM programs WHERE merchant_id IN (SELECT value FROM json_each(?))"
_OF_SHOPS: Final = "SELECT * FROM programs WHERE shop_domain IN (SELECT value FROM json_each(?))"
_NEW_PROGRAM: Final = """
    INSERT INTO programs VALUES (
        :merchant_id, :shop_domain, :storefront_url, :code_prefix, :window, :complete_on, :hold,
        :minimum_order, :refund_percent, :velocity_cap, :review, :new_friends_only,
        :discount_link, :active, :retention, :version
    )
"""
_OLD_PROGRAM: Final = "DELETE FROM programs WHERE merchant_id = :merchant_id"
_LINKS: Final = """
    SELECT links.* FROM links JOIN json_each(?)
    ON merchant_id = value ->> 0 AND links.id = value ->> 1
"""
_BY_CODES: Final = """
    SELECT links.* FROM links JOIN json_each(?)
    ON merchant_id = value ->> 0 AND code = value ->> 1
"""
_OF_ADVOCATE: Final = "SELECT * FROM links WHERE merchant_id = ? AND customer_id = ?"
_NEW_LINK: Final = """
    INSERT INTO links VALUES (:id, :merchant_id, :customer_id, :code, :created_at, :revoked_at)
"""
_CHANGED_LINK: Final = """
    UPDATE links SET revoked_at = :revoked_at WHERE merchant_id = :merchant_id AND id = :id
"""
_NEW_EVENT: Final = """
    INSERT INTO outbox (event_id, type, referral_id, occurred_at, payload)
    VALUES (?, ?, ?, ?, ?)
"""
_EVENTS: Final = """
    SELECT * FROM outbox
    WHERE referral_id NOT IN (SELECT referral_id FROM outbox WHERE refused_at IS NOT NULL)
    ORDER BY seq LIMIT ?
"""


@attrs.frozen
class SqlitePrograms(Programs):
    """The programs in SQLite."""

    database: Database

    async def get(
        self, merchant_ids: Collection[MerchantId]
    ) -> Mapping[MerchantId, ReferralProgram]:
        """Return the programs that exist."""
        found = self.database.read(ReferralProgram, _PROGRAMS, parameter(merchant_ids))
        return {one.merchant_id: one for one in found}

    async def by_shops(
        self, domains: Collection[ShopDomain]
    ) -> Mapping[ShopDomain, ReferralProgram]:
        """Return the programs of these shops that exist."""
        found = self.database.read(ReferralProgram, _OF_SHOPS, parameter(domains))
        return {one.shop_domain: one for one in found}

    async def save(self, program: ReferralProgram) -> None:
        """Put a version in the place of the one before."""
        before = (await self.get([program.merchant_id])).get(program.merchant_id)
        if (before.version if before else 0) != program.version - 1:
            raise Stale("the program was put by somebody else")
        self.database.execute(_OLD_PROGRAM, row(program))
        try:
            self.database.execute(_NEW_PROGRAM, row(program))
        except sqlite3.IntegrityError as error:
            raise ShopTaken("the shop belongs to another program") from error


@attrs.frozen
class SqliteReferralLinks(ReferralLinks):
    """The referral links in SQLite."""

    database: Database

    async def by_codes(self, codes: Collection[CodeKey]) -> Mapping[CodeKey, ReferralLink]:
        """Return the links that have these codes."""
        found = self.database.read(ReferralLink, _BY_CODES, parameter(codes))
        return {CodeKey(one.merchant_id, one.code): one for one in found}

    async def get(self, keys: Collection[LinkKey]) -> Mapping[LinkKey, ReferralLink]:
        """Return the links."""
        return {one.key: one for one in self.database.read(ReferralLink, _LINKS, parameter(keys))}

    async def lock(self, keys: Collection[LinkKey]) -> Mapping[LinkKey, ReferralLink]:
        """Return the links; the whole database is locked."""
        return await self.get(keys)

    async def add(self, link: ReferralLink) -> ReferralLink:
        """Add a link, or return the one of its advocate."""
        for one in self.database.read(ReferralLink, _OF_ADVOCATE, link.advocate):
            return one
        try:
            self.database.execute(_NEW_LINK, row(link))
        except sqlite3.IntegrityError as error:
            raise CodeTaken("another link has the code") from error
        return link

    async def save(self, link: ReferralLink) -> None:
        """Save a link that this transaction locked."""
        if not self.database.execute(_CHANGED_LINK, row(link)).rowcount:
            raise AssertionError("a link is locked before it is saved")


@attrs.frozen
class SqliteOutbox(Outbox):
    """The outbox in SQLite."""

    database: Database

    async def add(self, events: Sequence[ReferralEvent]) -> None:
        """Append events in this order."""
        for one in events:
            event = (one.id, one.type, one.referral_id, one.occurred_at.isoformat())
            self.database.execute(_NEW_EVENT, (*event, event_data(one)))

    async def first(self, limit: int) -> Sequence[OutboxEntry]:
        """Return the oldest entries that may be sent."""
        return self.database.read(OutboxEntry, _EVENTS, (limit,))

    async def delete(self, entries: Collection[OutboxEntry]) -> None:
        """Forget entries."""
        for one in entries:
            self.database.execute("DELETE FROM outbox WHERE seq = ?", (one.seq,))

    async def refuse(self, entries: Mapping[OutboxEntry, str], *, at: datetime) -> None:
        """Keep entries that were refused."""
        refused = "UPDATE outbox SET refused_at = ?, reason = ? WHERE seq = ?"
        for one, reason in entries.items():
            self.database.execute(refused, (at.isoformat(), reason, one.seq))
