"""The requests in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from sqlalchemy import select

from referrals_adapters.postgres.mapping import request_to_row, to_request
from referrals_adapters.postgres.sets import given, inserting, same
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import requests
from referrals_domain.ports.requests import Requests

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from referrals_domain.model.identifiers import RequestKey
    from referrals_domain.model.request import Request

_ROWS = given(*requests.c)
_ADD = inserting(requests, _ROWS).on_conflict_do_nothing(constraint="pk_requests")

_KEYS = given(requests.c.merchant_id, requests.c.request_id)
_GET = select(requests).join(_KEYS, same(requests, _KEYS, "merchant_id", "request_id"))


@attrs.frozen
class PostgresRequests(Requests):
    """The requests in PostgreSQL."""

    statements: Statements

    async def get(self, keys: Collection[RequestKey]) -> Mapping[RequestKey, Request]:
        """Return those that were remembered."""
        rows = await self.statements.rows_for(_GET, [key._asdict() for key in set(keys)])
        return {one.key: one for one in map(to_request, rows)}

    async def add(self, requests: Sequence[Request]) -> Mapping[RequestKey, Request]:
        """
        Insert those whose ids are not taken, in the order of their keys.

        Whoever inserts an id that another transaction has just inserted waits for its end, and
        reads what it committed: each statement looks anew.
        """
        new = {one.key: one for one in reversed(requests)}
        rows = [request_to_row(new[key]) for key in sorted(new)]
        if await self.statements.count_for(_ADD, rows) == len(rows):
            return new
        return await self.get(new)
