"""A file that browsers load, and keep until it is another one."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

import attrs
from starlette.responses import Response

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from starlette.requests import Request

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@attrs.frozen(kw_only=True)
class StaticFile:
    """
    A file as it is served: whoever has it already is asked for nothing but its digest.

    Args:
        text: What is in it.
        media_type: What it is.
        cache_control: How long a browser may keep it without asking.
        headers: More headers of its answers.
    """

    text: bytes = attrs.field(repr=False)
    media_type: str
    cache_control: str
    headers: Mapping[str, str] = attrs.field(factory=dict)
    _sent: dict[str, str] = attrs.field(init=False, repr=False)

    @_sent.default
    def _headers_with_digest(self) -> dict[str, str]:
        tag = f'"{sha256(self.text).hexdigest()[:32]}"'
        return {"etag": tag, "cache-control": self.cache_control, **self.headers}

    @classmethod
    def of(
        cls, file: Traversable, *, cache_control: str, headers: Mapping[str, str] | None = None
    ) -> StaticFile:
        """Read a file of a package, whose name ends with what it is."""
        return cls(
            text=file.read_bytes(),
            media_type=_TYPES[PurePath(file.name).suffix],
            cache_control=cache_control,
            headers=headers or {},
        )

    async def serve(self, request: Request) -> Response:
        """Answer with the file, or with 304 who has it already."""
        if self._sent["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=self._sent)
        return Response(self.text, media_type=self.media_type, headers=self._sent)
