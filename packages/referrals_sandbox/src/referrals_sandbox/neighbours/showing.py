"""
What a neighbour heard and did, over HTTP.

`GET /` is what it comes to, `GET /entries` everything it did, oldest first, and
`GET /entries?referral_id=ID` what it did about one referral.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import attrs

if TYPE_CHECKING:
    from referrals_sandbox.neighbours.inbox import Inbox
    from referrals_sandbox.neighbours.neighbour import Neighbour


class Shown(ThreadingHTTPServer):
    """
    Shows a neighbour until the process ends; the loop answers, so nothing changes meanwhile.

    The standard library's server, because importing any other one takes as long as all the rest.

    Args:
        address: Where to listen, as `host:port`.
        neighbour: Who is shown.
        inbox: What they received.

    Raises:
        OSError: The address is taken.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: str, neighbour: Neighbour, inbox: Inbox) -> None:
        host, _, port = address.rpartition(":")
        super().__init__((host, int(port)), _Request)
        self._neighbour, self._inbox = neighbour, inbox
        self._loop = asyncio.get_running_loop()
        Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, path: str) -> Any:
        """Return what there is to see, as JSON; None: nothing is shown there."""
        return asyncio.run_coroutine_threadsafe(self._answer(path), self._loop).result()

    async def _answer(self, path: str) -> Any:
        url = urlsplit(path)
        if url.path == "/":
            return {**self._inbox.summary(), **self._neighbour.summary()}
        if url.path != "/entries":
            return None
        entries = self._neighbour.entries
        wanted = parse_qs(url.query).get("referral_id")
        found = entries.of_referral(wanted[0]) if wanted else entries
        return [attrs.asdict(entry) for entry in found]


class _Request(BaseHTTPRequestHandler):
    server: Shown

    def do_GET(self) -> None:
        """Answer with JSON."""
        seen = self.server.answer(self.path)
        body = json.dumps(seen).encode()
        self.send_response(HTTPStatus.NOT_FOUND if seen is None else HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Write nothing: who looks time and again would drown the log."""
