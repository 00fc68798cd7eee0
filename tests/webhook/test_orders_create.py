"""`POST /orders/create`, over real HTTP, with the store in memory."""

from __future__ import annotations

import asyncio
import base64
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import httpx
import pytest
import pytest_asyncio
from dependency_injector import providers

from referrals_adapters.shopify.address import AddressKey
from referrals_adapters.shopify.payloads import read_order
from referrals_adapters.shopify.signature import sign
from referrals_adapters.telemetry.metrics import Metrics
from referrals_domain.errors import Unavailable
from referrals_domain.model.delivery import Topic
from referrals_domain.testing import builders
from referrals_domain.testing.builders import CODE, MERCHANT, ORDER, REFERRAL, SHOP
from referrals_domain.testing.memory.intake import InMemoryIntake
from referrals_domain.testing.memory.store import InMemoryStore, InMemoryTransaction
from referrals_domain.testing.time_and_chance import FixedClock
from referrals_webhook.container.http import HttpContainer
from referrals_webhook.exchange import LONGEST_BODY
from referrals_webhook.handlers import Webhook
from referrals_webhook.taking import TakeOrder
from tests.logged import written
from tests.webhook.orders import PATH, PREVIOUS_SECRET, SECRET, WITHOUT_SIGNAL, order, signed
from tests.webhook.served import Served, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from referrals_domain.testing.memory.state import State

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIGNATURE = b"X-Shopify-Hmac-SHA256"
SHOP_HEADER = b"X-Shopify-Shop-Domain"


@attrs.define
class Shelf:
    """The store of one test, and what beginning a transaction on it raises."""

    store: InMemoryStore = attrs.field(factory=InMemoryStore)
    error: Exception | None = None
    begun: int = 0

    @property
    def state(self) -> State:
        return self.store.state

    def begin(self) -> InMemoryTransaction:
        self.begun += 1
        if self.error:
            raise self.error
        return self.store.begin()


@pytest.fixture(scope="module")
def shelves() -> list[Shelf]:
    return []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def role(shelves: list[Shelf]) -> AsyncIterator[Served]:
    def begin() -> InMemoryTransaction:
        return shelves[-1].begin()

    container = HttpContainer(
        metrics=Metrics(),
        secrets=(SECRET, PREVIOUS_SECRET),
        begin=providers.Callable(begin),
        intake=providers.Object(InMemoryIntake(begin)),
    )
    async with served(container) as role:
        yield role


@pytest_asyncio.fixture(loop_scope="module")
async def shelf(shelves: list[Shelf]) -> Shelf:
    shelf = Shelf()
    async with shelf.store.begin() as tx:
        await tx.programs.save(builders.program())
        await tx.commit()
    shelves.append(shelf)
    return shelf


def answered(answer: httpx.Response) -> tuple[int, Any]:
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, answer.json()


RECEIPT = (200, {"receipt": "stored"})
UNSIGNED = (401, {"error": "unsigned"})
NOT_JSON = (415, {"error": "not_plain_json"})
AWAY = (503, {"error": "unavailable"})


async def test_an_order_with_a_signal_is_stored(role: Served, shelf: Shelf) -> None:
    assert answered(await role.post()) == RECEIPT
    (stored,) = shelf.state.deliveries.values()
    assert (stored.accepted.merchant_id, stored.accepted.facts.order_id) == (MERCHANT, ORDER)
    assert {one.code for one in stored.accepted.facts.signals} == {CODE}
    assert {one.share for one in stored.accepted.facts.signals} == {REFERRAL, None}


async def test_of_a_browsers_address_a_digest_of_its_shop_is_stored(
    role: Served, shelf: Shelf
) -> None:
    ip = "198.51.100.77"
    assert answered(await role.post(order(browser_ip=ip))) == RECEIPT
    (stored,) = shelf.state.deliveries.values()
    assert stored.accepted.facts.address == AddressKey(SECRET, SHOP).digest(ip)
    assert ip not in repr(shelf.state)


async def test_while_a_secret_rotates_addresses_stay_comparable(
    role: Served, shelf: Shelf
) -> None:
    for secret, number in ((SECRET, 1), (PREVIOUS_SECRET, 2)):
        body = order(id=number, browser_ip="198.51.100.77")
        assert answered(await role.post(body, signed(body, secret=secret))) == RECEIPT
    one, other = shelf.state.deliveries.values()
    assert one.accepted.facts.address == other.accepted.facts.address


async def test_the_same_order_twenty_times_at_once_is_stored_once(
    role: Served, shelf: Shelf
) -> None:
    answers = await asyncio.gather(*(role.post() for _ in range(20)))
    receipts = sorted(answer.json()["receipt"] for answer in answers)
    assert receipts == ["repeated"] * 19 + ["stored"]
    assert len(shelf.state.deliveries) == 1


async def test_an_order_without_a_signal_does_not_touch_the_database(
    role: Served, shelf: Shelf
) -> None:
    body = order(**WITHOUT_SIGNAL)
    assert answered(await role.post(body)) == (200, {"receipt": "no_signal"})
    assert shelf.begun == 0


async def test_an_order_of_a_shop_without_a_program_is_not_stored(
    role: Served, shelf: Shelf
) -> None:
    body = order()
    answer = await role.post(body, signed(body, shop="other.myshopify.com"))
    assert answered(answer) == (200, {"receipt": "no_program"})
    assert not shelf.state.deliveries


async def test_an_order_that_names_another_shop_is_kept(role: Served, shelf: Shelf) -> None:
    body = order(order_status_url="https://other.example/orders/1")
    assert answered(await role.post(body)) == (200, {"receipt": "quarantined"})
    (kept,) = shelf.state.quarantine.values()
    assert (kept.body, kept.reason) == (body, "the body names another shop than the header")
    assert not shelf.state.deliveries


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([], id="none"),
        pytest.param([sign(order(), "shpss_other")], id="another secret"),
        pytest.param([sign(order(test=True), SECRET)], id="another body"),
        pytest.param([sign(order(), SECRET)] * 2, id="twice"),
        pytest.param([sign(order(), SECRET)[:-1]], id="short"),
        pytest.param([sign(order(), SECRET) + b"="], id="long"),
        pytest.param([b"\xe9" * 44], id="not ASCII"),
        pytest.param([b""], id="empty"),
        pytest.param([base64.b16encode(base64.b64decode(sign(order(), SECRET)))], id="hex"),
    ],
)
async def test_a_wrong_signature_is_refused(
    role: Served, shelf: Shelf, values: list[bytes]
) -> None:
    headers = [(SHOP_HEADER, SHOP.encode()), *((SIGNATURE, value) for value in values)]
    assert answered(await role.post(order(), headers)) == UNSIGNED
    assert shelf.begun == 0


async def test_an_unsigned_body_is_refused_however_unreadable(role: Served, shelf: Shelf) -> None:
    assert answered(await role.post(b"{", [(SHOP_HEADER, b"nobody")])) == UNSIGNED
    assert shelf.begun == 0


async def test_the_previous_secret_still_counts(role: Served, shelf: Shelf) -> None:
    body = order()
    assert answered(await role.post(body, signed(body, secret=PREVIOUS_SECRET))) == RECEIPT
    assert shelf.state.deliveries


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\x00", order(id="none"), order()[:-9]])
async def test_a_signed_body_that_cannot_be_read_is_kept(
    role: Served, shelf: Shelf, body: bytes
) -> None:
    assert answered(await role.post(body)) == (200, {"receipt": "quarantined"})
    (kept,) = shelf.state.quarantine.values()
    assert (kept.body, kept.shop, kept.topic) == (body, SHOP, "orders/create")
    assert kept.reason
    assert not shelf.state.deliveries


@pytest.mark.parametrize(
    "shops",
    [
        pytest.param([], id="none"),
        pytest.param([b"acme.example"], id="no shop"),
        pytest.param([b"acme.myshopify.com"] * 2, id="two"),
        pytest.param([b"\xe9.myshopify.com"], id="not ASCII"),
        pytest.param([b"a" * 5000], id="long"),
    ],
)
async def test_a_signed_order_of_no_one_shop_is_kept(
    role: Served, shelf: Shelf, shops: list[bytes]
) -> None:
    body = order()
    headers = [(SIGNATURE, sign(body, SECRET)), *((SHOP_HEADER, shop) for shop in shops)]
    assert answered(await role.post(body, headers)) == (200, {"receipt": "quarantined"})
    (kept,) = shelf.state.quarantine.values()
    assert kept.body == body
    assert len(kept.shop) <= 255


async def test_an_order_that_nobody_can_store_is_kept(
    role: Served, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing(InMemoryTransaction):
        @property
        def deliveries(self) -> Any:
            raise ValueError("a value that the database cannot hold")

    store = shelf.store
    monkeypatch.setattr(store, "begin", lambda: Refusing(store))
    assert answered(await role.post()) == (200, {"receipt": "quarantined"})
    (kept,) = shelf.state.quarantine.values()
    assert kept.reason == "unforeseen: ValueError"


@pytest.mark.parametrize("body", [order(), b"{"], ids=["order", "unreadable"])
@pytest.mark.parametrize(
    "error", [Unavailable("away"), RuntimeError("not migrated")], ids=["away", "broken"]
)
async def test_without_a_database_shopify_is_told_to_come_again(
    role: Served, shelf: Shelf, body: bytes, error: Exception
) -> None:
    shelf.error = error
    answer = await role.post(body)
    assert answered(answer) == AWAY
    assert int(answer.headers["retry-after"]) > 0
    shelf.error = None
    assert (await role.post(body)).status_code == 200


async def test_an_order_that_cannot_be_stored_now_is_not_kept_in_its_place(
    role: Served, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away(InMemoryTransaction):
        @property
        def deliveries(self) -> Any:
            raise Unavailable("away")

    store = shelf.store
    monkeypatch.setattr(store, "begin", lambda: Away(store))
    assert answered(await role.post()) == AWAY
    assert not shelf.state.quarantine


async def never(_: object) -> Any:
    await asyncio.Event().wait()


def endpoint(answered: Callable[[str, str], None]) -> Webhook:
    """Return a webhook whose database never answers."""
    clock = FixedClock()
    return Webhook(
        topic=Topic.ORDERS_CREATE,
        take=TakeOrder(
            topic=Topic.ORDERS_CREATE, read=read_order, secret=SECRET, accept=never, clock=clock
        ),
        secrets=[SECRET],
        quarantine=never,
        clock=clock,
        answered=answered,
        answer_within=timedelta(milliseconds=10),
    )


async def test_who_is_not_answered_by_the_database_is_told_to_come_again() -> None:
    transport = httpx.ASGITransport(app=endpoint(lambda _topic, _answer: None))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.post(PATH, content=order(), headers=signed(order()), timeout=None)
    assert answered(answer) == AWAY


async def test_who_leaves_before_the_body_came_is_not_answered() -> None:
    begun: dict[str, Any] = {"type": "http.request", "body": b"{", "more_body": True}
    messages = iter([begun, {"type": "http.disconnect"}])
    said: list[object] = []

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: object) -> None:
        said.append(message)

    webhook = endpoint(lambda *answer: said.append(answer))
    await webhook({"type": "http", "headers": []}, receive, send)
    assert said == []


async def test_a_body_of_two_mebibytes_is_read(role: Served, shelf: Shelf) -> None:
    body = order()
    assert answered(await role.post(body + b" " * (LONGEST_BODY - len(body)))) == RECEIPT
    assert shelf.state.deliveries


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(None, "", id="no type"),
        pytest.param("Content-Type", "application/json", id="JSON"),
        pytest.param("Content-Type", "Application/JSON; charset=utf-8", id="JSON with a charset"),
        pytest.param("Content-Encoding", "identity", id="as it is"),
        pytest.param("Content-Encoding", "Identity", id="as it is, in capitals"),
    ],
)
async def test_plain_json_is_taken(
    role: Served, shelf: Shelf, name: str | None, value: str
) -> None:
    body = order()
    headers = signed(body) | ({name: value} if name else {})
    assert answered(await role.post(body, headers)) == RECEIPT
    assert shelf.state.deliveries


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("Content-Type", value) for value in ("text/json", "application/json+x", "json", "*/*")),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Type", "multipart/form-data; boundary=application/json"),
        ("Content-Type", "text/plain, application/json"),
        ("Content-Type", ""),
        *(("Content-Encoding", value) for value in ("gzip", "deflate", "br", "zstd", "x", "")),
        ("Content-Encoding", "identity, gzip"),
    ],
)
async def test_anything_else_is_refused_however_well_signed(
    role: Served, shelf: Shelf, name: str, value: str
) -> None:
    body = order()
    assert answered(await role.post(body, {**signed(body), name: value})) == NOT_JSON
    headers = [(b"Content-Type", b"application/json"), (b"Content-Encoding", b"identity")]
    headers += [(key.encode(), text.encode()) for key, text in signed(body).items()]
    assert answered(await role.post(body, [*headers, (name.encode(), value.encode())])) == NOT_JSON
    assert shelf.begun == 0


async def test_a_caller_who_leaves_half_way_disturbs_nobody(role: Served, shelf: Shelf) -> None:
    _, writer = await asyncio.open_connection(role.address.host, role.address.port)
    writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{{".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert answered(await role.post()) == RECEIPT
    assert len(shelf.state.deliveries) == 1


async def test_other_methods_and_urls_are_refused(role: Served, shelf: Shelf) -> None:
    assert (await role.client.get(PATH)).status_code == 405
    assert (await role.client.post("/orders/edited", content=b"{}")).status_code == 404
    assert shelf.begun == 0


async def test_probes_tell_alive_from_ready(role: Served, shelf: Shelf) -> None:
    assert answered(await role.client.get("/healthz")) == (200, {"status": "alive"})
    assert answered(await role.client.get("/readyz")) == (200, {"status": "ready"})
    shelf.error = Unavailable("away")
    assert answered(await role.client.get("/healthz")) == (200, {"status": "alive"})
    assert answered(await role.client.get("/readyz")) == (503, {"status": "database_away"})
    shelf.error = RuntimeError("no such table")
    assert answered(await role.client.get("/readyz")) == (503, {"status": "database_unusable"})


async def test_nothing_of_a_body_is_logged(
    role: Served, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await role.post(order(email=["friend@example.test"], total_price="friend@example.test"))
    await role.post(order(landing_site={"friend@example.test": 1}))
    await role.post(b"friend@example.test")
    assert len(shelf.state.quarantine) == 3
    assert "quarantine" in caplog.text
    assert "friend@example.test" not in caplog.text
    assert CODE not in caplog.text


async def test_nor_is_the_text_of_an_error_which_may_quote_it(
    role: Served, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.error = RuntimeError("Failing row contains (friend@example.test)")
    assert answered(await role.post(b"friend@example.test")) == AWAY
    *_, line = written(caplog.records)
    assert (line["event"], line["reason"]) == ("neither stored nor kept", "RuntimeError")
    assert "friend@example.test" not in caplog.text
