"""Nothing personal leaves the body: neither in the facts nor in an error."""

import json
import re
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from referrals_adapters.shopify.address import AddressKey
from referrals_adapters.shopify.payloads import UnreadableOrder, read_order
from referrals_adapters.wire.documents import to_document

BodyOf = Callable[..., bytes]

KEY = AddressKey("shpss_1", "acme.myshopify.com")
CANARIES = {
    "email": "canary.friend@example.test",
    "name": "Cornelia Canary",
    "phone": "+49 151 0canary0",
    "address": "17 Canary Wharf",
    "ip": "198.51.100.77",
}
PERSONAL = re.compile("canary|198[.]51", re.IGNORECASE)
ADDRESS = {
    "name": CANARIES["name"],
    "address1": CANARIES["address"],
    "phone": CANARIES["phone"],
    "city": "Canary City",
    "zip": "CANARY",
}
EVERYWHERE = {
    "email": CANARIES["email"],
    "contact_email": CANARIES["email"],
    "phone": CANARIES["phone"],
    "browser_ip": CANARIES["ip"],
    "client_details": {"browser_ip": CANARIES["ip"], "user_agent": "canary"},
    "note": f"ring {CANARIES['phone']}",
    "billing_address": ADDRESS,
    "shipping_address": ADDRESS,
    "customer": {
        "id": 7002,
        "email": CANARIES["email"],
        "first_name": "Cornelia",
        "last_name": "Canary",
        "default_address": ADDRESS,
    },
    "note_attributes": [
        {"name": "ref", "value": CANARIES["email"]},
        {"name": "share", "value": CANARIES["name"]},
        {"name": "channel", "value": CANARIES["phone"]},
        {"name": CANARIES["name"], "value": CANARIES["address"]},
    ],
    "discount_codes": [{"code": "CANARY-10"}],
    "landing_site": f"/?ref={CANARIES['email']}&share={CANARIES['ip']}&email={CANARIES['email']}",
    "landing_site_ref": CANARIES["email"],
    "referring_site": f"https://mail.example/?r={CANARIES['email']}&channel={CANARIES['name']}",
    "order_status_url": f"https://acme.example/1/orders/x?key={CANARIES['email']}",
    "financial_status": CANARIES["name"],
    "refunds": [{"id": 1, "note": CANARIES["name"], "transactions": []}],
}


def test_what_is_kept_of_an_order_is_not_personal(body: BodyOf) -> None:
    raw = body(**EVERYWHERE, cancelled_at="2026-11-20T11:00:00-05:00")
    assert PERSONAL.search(raw.decode())

    order = read_order(raw, addresses=KEY)

    assert order.counts
    assert order.facts.address
    assert not PERSONAL.search(repr(order))
    assert not PERSONAL.search(to_document(order.facts))


def placed(place: str, value: Any) -> dict[str, Any]:
    """Return the change that puts a value into a place of the body."""
    move = {"kind": "refund", "status": "success", "amount": "1.00", "currency": "USD"}
    changes: dict[str, dict[str, Any]] = {
        "customer.id": {"customer": {"id": value}},
        "refund.id": {"refunds": [{"id": value}]},
        "refund.transactions": {"refunds": [{"id": 1, "transactions": value}]},
        "refund.amount": {"refunds": [{"id": 1, "transactions": [move | {"amount": value}]}]},
        "note.name": {"note_attributes": [{"name": value, "value": ""}]},
        "discount.code": {"discount_codes": [{"code": value}]},
    }
    return changes.get(place, {place: value})


@pytest.mark.parametrize("canary", CANARIES.values(), ids=CANARIES)
@pytest.mark.parametrize("wrap", ["text", "list", "object", "key", "number and text"])
@pytest.mark.parametrize(
    "place",
    [
        *("id", "created_at", "processed_at", "updated_at", "cancelled_at", "currency"),
        *("total_price", "financial_status", "test", "customer", "customer.id", "browser_ip"),
        "source_name",
        *("refunds", "refund.id", "refund.transactions", "refund.amount", "order_status_url"),
        *("note_attributes", "note.name", "discount_codes", "discount.code"),
        *("landing_site", "landing_site_ref", "referring_site"),
    ],
)
def test_an_error_never_quotes_the_body(body: BodyOf, place: str, wrap: str, canary: str) -> None:
    value = {
        "text": canary,
        "list": [canary],
        "object": {"id": canary, "name": canary},
        "key": {canary: 1},
        "number and text": [1, {"code": 1, canary: canary}],
    }[wrap]

    assert_silent(body(**(EVERYWHERE | placed(place, value))))


@pytest.mark.parametrize(
    "broken",
    [
        lambda raw: raw[:-1],
        lambda raw: raw + b"canary",
        lambda raw: b"canary " + raw,
        lambda raw: raw.replace(b"Canary", b"Canary\xff"),
        lambda raw: raw.replace(b"Canary", b"Canary\\ud800"),
        lambda raw: raw.replace(b'"Canary', b'"\nCanary'),
        lambda raw: raw.replace(b'"Canary', b'"Canary" "'),
        lambda raw: raw.replace(b'"customer"', b'"canary":' + b"[" * 100_000 + b',"customer"'),
    ],
)
def test_nor_does_the_error_of_a_broken_body(
    body: BodyOf, broken: Callable[[bytes], bytes]
) -> None:
    raw = broken(body(**(EVERYWHERE | {"financial_status": "Canary"})))

    assert_silent(raw)


def assert_silent(raw: bytes) -> None:
    try:
        shown = repr(read_order(raw, addresses=KEY))
    except UnreadableOrder as error:
        told = "".join(traceback.format_exception(error, limit=0))
        shown = f"{error.reason} {error!r} {error.args} {error.__context__!r} {told}"
    assert not PERSONAL.search(shown)


def test_the_error_still_says_what_is_wrong_and_where(body: BodyOf) -> None:
    with pytest.raises(UnreadableOrder) as unreadable:
        read_order(body(customer={"id": []}))

    assert (
        unreadable.value.reason == "Expected `int | str | null`, got `array` - at `$.customer.id`"
    )
    assert unreadable.value.code == "unreadable_order"


def test_nothing_else_of_the_sample_is_looked_at(body: BodyOf) -> None:
    whole = json.loads(body())
    ours = {
        "id",
        "created_at",
        "processed_at",
        "updated_at",
        "cancelled_at",
        "currency",
        "customer",
        "total_price",
        "financial_status",
        "test",
        "browser_ip",
        "source_name",
        "refunds",
        "order_status_url",
        "note_attributes",
        "discount_codes",
        "landing_site",
        "landing_site_ref",
        "referring_site",
    }

    only_ours = {name: value for name, value in whole.items() if name in ours}

    assert read_order(json.dumps(only_ours).encode(), addresses=KEY) == read_order(
        body(), addresses=KEY
    )
