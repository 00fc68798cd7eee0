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
    from referrals_domain.model.request import Request

_ROWS = given(*requests.c)
_ADD = inserting(requests, _ROWS).on_conflict_do_nothing(constraint="pk_requests")
_GET = select(requests).join(_ROWS, same(requests, _ROWS, "merchant_id", "request_id"))


@attrs.frozen
class PostgresRequests(Requests):
    """The requests in PostgreSQL."""

    statements: Statements

    async def add(self, request: Request) -> Request:
        """
        Insert a request unless its id is taken.

        Whoever inserts an id that another transaction has just inserted waits for its end, and
        reads what it committed: each statement looks anew.
        """
        rows = [request_to_row(request)]
        if await self.statements.count_for(_ADD, rows):
            return request
        (row,) = await self.statements.rows_for(_GET, rows)
        return to_request(row)
