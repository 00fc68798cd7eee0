"""The programs in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from sqlalchemy import select

from referrals_adapters.postgres.mapping import to_program, to_row
from referrals_adapters.postgres.sets import given, inserting, same, updating
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import programs
from referrals_domain.errors import Stale
from referrals_domain.ports.programs import Programs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import MerchantId, ShopDomain
    from referrals_domain.model.program import ReferralProgram

_MERCHANTS = given(programs.c.merchant_id)
_GET = select(programs).join(_MERCHANTS, same(programs, _MERCHANTS, "merchant_id"))

_SHOPS = given(programs.c.shop_domain)
_BY_SHOPS = select(programs).join(_SHOPS, same(programs, _SHOPS, "shop_domain"))

_NEW = given(*programs.c)
_INSERT = inserting(programs, _NEW)
_UPDATE = updating(programs, _NEW, "merchant_id").where(programs.c.version == _NEW.c.version - 1)


@attrs.frozen
class PostgresPrograms(Programs):
    """The programs in PostgreSQL."""

    statements: Statements

    async def get(
        self, merchant_ids: Collection[MerchantId]
    ) -> Mapping[MerchantId, ReferralProgram]:
        """Return the programs that exist."""
        keys = [{"merchant_id": id_} for id_ in set(merchant_ids)]
        found = [to_program(row) for row in await self.statements.rows_for(_GET, keys)]
        return {program.merchant_id: program for program in found}

    async def by_shops(
        self, domains: Collection[ShopDomain]
    ) -> Mapping[ShopDomain, ReferralProgram]:
        """Return the programs of these shops that exist."""
        keys = [{"shop_domain": domain} for domain in set(domains)]
        found = [to_program(row) for row in await self.statements.rows_for(_BY_SHOPS, keys)]
        return {program.shop_domain: program for program in found}

    async def save(self, program: ReferralProgram) -> None:
        """Insert the first version, update to the next."""
        statement = _INSERT if program.version == 1 else _UPDATE
        if not await self.statements.count_for(statement, [to_row(program)]):
            raise Stale("the program was put by somebody else")
