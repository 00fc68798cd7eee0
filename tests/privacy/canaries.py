"""Bodies and headers with a canary in every place where somebody may write what they like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

WORD: Final = "c4n4ry"
ADDRESS: Final = "198.51.100.77"
PHONE: Final = "+4915112340987"
CANARIES: Final = (WORD, ADDRESS, PHONE)
"""What must be found nowhere."""

_SAMPLES: Final = Path(__file__).parents[1] / "shopify"
_POSTAL: Final = {
    **{name: f"{WORD} {name}" for name in ("name", "first_name", "last_name", "company")},
    **{name: f"{WORD} {name}" for name in ("address1", "address2", "city", "zip")},
    "phone": PHONE,
}
_MEANT: Final = frozenset(
    {
        *("created_at", "processed_at", "updated_at", "cancelled_at", "currency", "currency_code"),
        *("presentment_currency", "total_price", "amount", "financial_status", "kind", "status"),
        *("note_attributes", "discount_codes", "landing_site", "landing_site_ref"),
        *("referring_site", "order_status_url", "test", "refunds", "transactions"),
        *("customer", "client_details", "browser_ip"),
    }
)
"""What the service reads, and what is put in its place below."""

HEADERS: Final = {
    "User-Agent": f"{WORD}-agent/1.0",
    "Referer": f"https://mail.example/{WORD}?email={WORD}%40example.test",
    "Cookie": f"{WORD}={WORD}",
    "X-Forwarded-For": ADDRESS,
    "X-Forwarded-User": WORD,
    "X-Shopify-Order-Name": f"#{WORD}",
    "X-Request-Id": f"{WORD}-request",
    "Traceparent": f"00-{WORD}",
}


def order(
    *, order_id: int, customer_id: int, signals: Mapping[str, str], at: str, **more: Any
) -> bytes:
    """Return the body of an order with a canary in every text but those that must be read."""
    sample = json.loads((_SAMPLES / "orders_create.json").read_text())
    query = "&".join(f"{name}={text}" for name, text in signals.items())
    landing = f"/?{query}&email={WORD}%40example.test&utm_source={WORD}"
    return json.dumps(
        {
            **_laced(sample),
            "id": order_id,
            **dict.fromkeys(("created_at", "processed_at", "updated_at"), at),
            "browser_ip": ADDRESS,
            "client_details": {"browser_ip": ADDRESS, "user_agent": WORD, "session_hash": WORD},
            "customer": {
                **_laced(sample["customer"]),
                "id": customer_id,
                "phone": PHONE,
                "default_address": _POSTAL,
            },
            "billing_address": _POSTAL,
            "shipping_address": _POSTAL,
            "phone": PHONE,
            "note": f"ring {PHONE}, says {WORD}",
            "note_attributes": [
                *({"name": name, "value": text} for name, text in signals.items()),
                {"name": "gift note", "value": WORD},
                {"name": WORD, "value": PHONE},
                {"name": "ref", "value": f"{WORD}@example.test"},
                {"name": "share", "value": WORD},
                {"name": "channel", "value": WORD},
            ],
            "discount_codes": [{"code": WORD.upper(), "amount": "1.00", "type": WORD}],
            "landing_site": landing,
            "landing_site_ref": WORD,
            "referring_site": f"https://mail.example/{WORD}?r={WORD}&channel={WORD}",
            "order_status_url": f"https://acme.myshopify.com/1/orders/{WORD}/authenticate?key={WORD}",
            "line_items": [
                {**_laced(item), "properties": [{"name": WORD, "value": WORD}]}
                for item in sample["line_items"]
            ],
            **more,
        }
    ).encode()


def refund(*, order_id: int, number: int, amount: str) -> bytes:
    """Return the body of a refund, in the same way."""
    sample = json.loads((_SAMPLES / "refunds_create.json").read_text())
    (move,) = sample["transactions"]
    return json.dumps(
        {
            **_laced(sample),
            "id": number,
            "order_id": order_id,
            "transactions": [{**_laced(move), "order_id": order_id, "amount": amount}],
        }
    ).encode()


def _laced(part: Any) -> Any:
    """Return the same with a canary for every text and every blank that is not meant."""
    match part:
        case dict():
            return {
                name: value if name in _MEANT else _laced(value) for name, value in part.items()
            }
        case list():
            return [_laced(one) for one in part]
        case str() | None:
            return f"{WORD} {part}"
        case _:
            return part
