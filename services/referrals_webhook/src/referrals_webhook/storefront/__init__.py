"""The script that a shop's pages load; what it does stands in `docs/storefront.md`."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import attrs
from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

PATH: Final = "/storefront/referrals.js"
"""Where it is served."""

_TYPE: Final = "text/javascript; charset=utf-8"


@attrs.frozen
class StorefrontScript:
    """
    The script as it is served: kept by browsers for an hour, then asked for by its digest.

    Args:
        text: The script.
    """

    text: bytes = attrs.field(factory=(files(__name__) / "referrals.js").read_bytes, repr=False)
    _headers: dict[str, str] = attrs.field(init=False, repr=False)

    @_headers.default
    def _headers_of_text(self) -> dict[str, str]:
        digest = sha256(self.text).hexdigest()
        return {"etag": f'"{digest[:32]}"', "cache-control": "public, max-age=3600"}

    async def serve(self, request: Request) -> Response:
        """Answer with the script, or with 304 who has it already."""
        known = request.headers.get("if-none-match", "")
        if self._headers["etag"] in known:
            return Response(status_code=304, headers=self._headers)
        return Response(self.text, media_type=_TYPE, headers=self._headers)
