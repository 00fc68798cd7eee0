"""
A shop's storefront: pages with a theme, discount links, Shopify's Ajax cart API and a checkout.

In the language of the market beside its own it is below `/fr/`, the cart API as well.
"""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from referrals_sandbox.neighbours.shopify_cart import Visit
from referrals_sandbox.servers.ports import LOOPBACK

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

_COOKIE: Final = "session"
_SECOND_LANGUAGE: Final = "/fr/"

_PAGE: Final = """<!doctype html>
<html>
<head>
<title>Acme</title>
<link rel="icon" href="data:,">
<script>window.Shopify = {{ routes: {{ root: "{root}" }} }};</script>
{head}
</head>
<body>
<a href="{root}products/serum">Serum</a>
<button id="add">Add to cart</button>
<form action="{root}checkout" method="post"><button>Pay</button></form>
<output></output>
<script>
document.querySelector("#add").addEventListener("click", async () => {{
  const headers = {{ "content-type": "application/json" }};
  const body = JSON.stringify({{ items: [{{ id: 1, quantity: 1 }}] }});
  const response = await fetch("{root}cart/add.js", {{ method: "POST", headers, body }});
  const cart = await response.json();
  document.querySelector("output").textContent = `${{cart.item_count}} in the cart`;
}});
</script>
</body>
</html>
"""


class Storefront(ThreadingHTTPServer):
    """
    Serves the shop; a visit is known by a cookie, which scripts cannot see.

    Args:
        tls: Its certificate.
        head: What the merchant put into the head of the theme's pages.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, tls: ssl.SSLContext, head: str = "") -> None:
        super().__init__((LOOPBACK, 0), _Request)
        self.socket = tls.wrap_socket(
            self.socket,
            server_side=True,
            do_handshake_on_connect=False,  # one slow caller must not keep the others waiting
        )
        self.head = head
        self.visits: dict[str, Visit] = {}
        self.orders: list[bytes] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"https://localhost:{self.server_port}"


@contextmanager
def open_storefront(tls: ssl.SSLContext, head: str = "") -> Iterator[Storefront]:
    """Serve a storefront within the block; `orders` are the bodies of what was ordered there."""
    with Storefront(tls, head) as storefront:
        serving = Thread(target=storefront.serve_forever, args=(0.05,))
        serving.start()
        try:
            yield storefront
        finally:
            storefront.shutdown()
            serving.join()


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body waits 40 ms for its headers to be acknowledged
    server: Storefront

    def do_GET(self) -> None:
        """Answer with a page, with the cart, or with a redirect."""
        path, root = self._place()
        visit, headers = self._visit()
        match path.split("/"):
            case ["cart.js"]:
                self._show(visit.cart.document())
            case ["discount", code]:
                visit.discount = code
                query = parse_qs(urlsplit(self.path).query)
                self._redirect(query.get("redirect", ["/"])[0], headers)
            case _:
                page = _PAGE.format(root=root, head=self.server.head)
                self._answer(HTTPStatus.OK, "text/html; charset=utf-8", page, headers)

    def do_POST(self) -> None:
        """Change the cart, or order."""
        path, root = self._place()
        visit, _ = self._visit()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        match path:
            case "cart/add.js":
                visit.cart.add(json.loads(body)["items"])
            case "cart/update.js":
                visit.cart.update(json.loads(body)["attributes"])
            case "cart/clear.js":
                visit.clear()
            case "checkout":
                self.server.orders.append(visit.order())
                self._redirect(f"{root}thank_you")
                return
            case _:
                self._answer(HTTPStatus.NOT_FOUND, "text/html", "")
                return
        self._show(visit.cart.document())

    def _place(self) -> tuple[str, str]:
        """Return the path, and the root below which it lies."""
        path = urlsplit(self.path).path
        root = _SECOND_LANGUAGE if path.startswith(_SECOND_LANGUAGE) else "/"
        return path.removeprefix(root), root

    def _visit(self) -> tuple[Visit, dict[str, str]]:
        """Return the visit that this request is of, and the headers that make it known."""
        visits = self.server.visits
        cookie = SimpleCookie(self.headers.get("Cookie")).get(_COOKIE)
        if cookie and cookie.value in visits:
            return visits[cookie.value], {}
        name = secrets.token_hex(16)
        visits[name] = Visit(landing_site=self.path)
        return visits[name], {"Set-Cookie": f"{_COOKIE}={name}; Path=/; HttpOnly; Secure"}

    def _redirect(self, path: str, headers: dict[str, str] | None = None) -> None:
        """Lead on within the shop."""
        within = f"/{path.lstrip('/')}"
        self._answer(HTTPStatus.FOUND, "text/html", "", {**(headers or {}), "Location": within})

    def _show(self, document: Any) -> None:
        self._answer(HTTPStatus.OK, "application/json", json.dumps(document))

    def _answer(
        self, status: HTTPStatus, kind: str, text: str, headers: dict[str, str] | None = None
    ) -> None:
        body = text.encode()
        self.send_response(status)
        own = {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store"}
        for name, value in {**own, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        """Take what comes by one connection; a browser may end it at any time."""
        with suppress(OSError):
            super().handle()

    def log_message(self, *_: Any) -> None:
        """Write nothing: what counts is the cart."""
