"""What an orchestrator asks: is the process alive, can it do its work."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import attrs
from starlette.responses import JSONResponse

from referrals_domain.errors import Unavailable
from referrals_domain.model.identifiers import MerchantId
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_NOBODY: Final = MerchantId("readyz")

_logger: Final = logging.getLogger(__name__)


@attrs.frozen
class Probes:
    """
    The answers to probes.

    Args:
        begin: Begins a transaction.
    """

    begin: Callable[[], Transaction]

    async def alive(self, _request: Request) -> Response:
        """Answer 200, whatever else is away."""
        return JSONResponse({"status": "alive"})

    async def ready(self, _request: Request) -> Response:
        """Answer 200 if the database answers a question about a table, else 503."""
        try:
            async with self.begin() as tx:
                await tx.programs.get([_NOBODY])
        except Unavailable:
            return JSONResponse({"status": "database_away"}, status_code=503)
        except Exception:
            _logger.exception("the database answers with an error; was it migrated?")
            return JSONResponse({"status": "database_unusable"}, status_code=503)
        return JSONResponse({"status": "ready"})
