"""Friends order, pay, cancel and are refunded, strangers knock, and all of them write canaries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs
import grpc
import httpx

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.composition import merchant
from referrals_sandbox.composition.sandbox import Sandbox
from referrals_sandbox.neighbours.frontend import LONG_PATH, SHORT_PATH, open_frontend
from referrals_sandbox.neighbours.shopify import Delivery
from referrals_sandbox.story.patience import until
from tests.privacy import canaries
from tests.privacy.canaries import HEADERS, PHONE, WORD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from referrals_sandbox.neighbours.frontend import Frontend

TOPICS: Final = ("orders/create", "orders/paid", "orders/cancelled", "refunds/create")
_HOLD: Final = timedelta(days=1)
_FIRST_FRIEND: Final = 8_111_222_333_000
_FIRST_ORDER: Final = 7_111_222_333_000


@attrs.frozen(kw_only=True)
class Told:
    """
    What happened.

    Args:
        referrals: The status that each referral ended with.
        friends: The customer id of each friend who was referred.
    """

    referrals: Mapping[str, str]
    friends: tuple[str, ...]


def tell(sandbox: Sandbox) -> Told:
    """Have it happen, and wait until all of it was worked off."""
    shopify = _Shopify(sandbox)
    with open_frontend(sandbox.gateway_address, sandbox.token) as frontend:
        program = merchant.program()
        program.hold.FromTimedelta(_HOLD)
        frontend.put_program(program)
        held = shopify.order(frontend, 3)
        _await(frontend, held, "QUALIFIED")
        frontend.put_program(merchant.program())
        refunded, cancelled, kept = (shopify.order(frontend, number) for number in range(3))
        for one in (refunded, cancelled, kept):
            _await(frontend, one, "COMPLETED")
            shopify.post("orders/paid", one.body(updated=2))
        shopify.post("refunds/create", refunded.refund(1, amount="67.10"))
        shopify.post("orders/cancelled", cancelled.body(updated=3, cancelled_at=_now()))
        shopify.post("orders/paid", held.body(updated=2))  # there is no hold any more
        shopify.post("refunds/create", _Order(90, {}).refund(2, amount="1.00"))
        shopify.post("orders/create", _Order(91, {}).body())
        _knock(sandbox, shopify)
        statuses = {
            refunded.referral_id: "REVERSED",
            cancelled.referral_id: "REVERSED",
            kept.referral_id: "COMPLETED",
            held.referral_id: "COMPLETED",
        }
        for one in (refunded, cancelled, kept, held):
            _await(frontend, one, statuses[one.referral_id])
    return Told(
        referrals=statuses,
        friends=tuple(str(one.friend) for one in (refunded, cancelled, kept, held)),
    )


def redact(sandbox: Sandbox, friends: Iterable[str]) -> None:
    """Have friends ask to be forgotten."""
    shopify = _Shopify(sandbox)
    for friend in friends:
        asked = {
            "shop_domain": sandbox.shop_domain,
            "customer": {"id": int(friend), "email": f"{WORD}@example.test", "phone": PHONE},
            "orders_to_redact": [],
        }
        shopify.post("customers/redact", json.dumps(asked).encode())


@attrs.frozen
class _Order:
    """The order of a friend of a number; of a share, or of nobody."""

    number: int
    signals: Mapping[str, str]
    placed_at: str = attrs.field(factory=lambda: _now())  # noqa: PLW0108 - it stands below

    @property
    def id(self) -> int:
        return _FIRST_ORDER + self.number

    @property
    def friend(self) -> int:
        return _FIRST_FRIEND + self.number

    @property
    def referral_id(self) -> str:
        return self.signals["share"]

    def refund(self, number: int, *, amount: str) -> bytes:
        return canaries.refund(order_id=self.id, number=number, amount=amount)

    def body(self, updated: int = 1, **more: Any) -> bytes:
        updated_at = datetime.fromisoformat(self.placed_at) + timedelta(seconds=updated)
        return canaries.order(
            order_id=self.id,
            customer_id=self.friend,
            signals=self.signals,
            at=self.placed_at,
            **{"updated_at": updated_at.isoformat(), **more},
        )


@attrs.frozen
class _Shopify:
    """Posts what is signed, and a canary in every other header."""

    sandbox: Sandbox

    def order(self, frontend: Frontend, number: int) -> _Order:
        """Have a friend follow a share, and order."""
        sandbox = self.sandbox
        share = frontend.share(sandbox.merchant_id, sandbox.referral_link_id, pb.CHANNEL_SMS)
        signals = {"ref": sandbox.referral_link_code, "share": share.id, "channel": "sms"}
        order = _Order(number, signals)
        self.post("orders/create", order.body())
        return order

    def post(self, topic: str, body: bytes, *, status: int = 200, **headers: str) -> None:
        delivery = Delivery(
            topic=topic,
            shop_domain=self.sandbox.shop_domain,
            body=body,
            secret=self.sandbox.shopify_secret,
        )
        answer = httpx.post(
            f"{self.sandbox.gateway}/{topic}?{WORD}={WORD}",
            content=body,
            headers={**HEADERS, **delivery.headers(), **headers},
            trust_env=False,
        )
        assert answer.status_code == status, (topic, answer.status_code, answer.text)


def _knock(sandbox: Sandbox, shopify: _Shopify) -> None:
    """Bring what is refused, and what nobody can read."""
    for topic in TOPICS:
        shopify.post(topic, f'{{"id": "{WORD} {topic}", "phone": "{PHONE}"'.encode())
        shopify.post(topic, b"{}", status=401, **{"X-Shopify-Hmac-SHA256": WORD})
        shopify.post(topic, WORD.encode(), status=415, **{"Content-Type": f"text/{WORD}"})
    with httpx.Client(headers=HEADERS, trust_env=False) as client:
        link = f"/r/{sandbox.merchant_id}/{sandbox.referral_link_code}"
        for path in (
            f"{link}?s={WORD}&c={WORD}&email={WORD}@example.test#{WORD}",
            f"{link}/{WORD}",
            f"/r/{sandbox.merchant_id}/{WORD}",
            f"/r/{WORD}/{WORD}",
            f"/{WORD}?{WORD}",
            f"/referrals.js?{WORD}",
        ):
            assert client.get(f"{sandbox.gateway}{path}").status_code < 500
        for path in (LONG_PATH, SHORT_PATH):
            for body in (
                {"referral_id": WORD, "merchant_id": sandbox.merchant_id},
                {"referral_id": WORD, "merchant_id": WORD, WORD: WORD},
            ):
                for token in (sandbox.token, WORD):
                    client.post(
                        f"{sandbox.gateway}{path}",
                        content=json.dumps(body),
                        headers={"authorization": f"Bearer {token}"},
                    )
    _call(sandbox)


def _call(sandbox: Sandbox) -> None:
    """Call every method with a canary in every text, and in the metadata."""
    metadata = (("authorization", f"Bearer {sandbox.token}"), ("x-name", WORD), (WORD, PHONE))
    ends: list[grpc.StatusCode] = []
    service = pb.DESCRIPTOR.services_by_name["ReferralsService"]
    with grpc.insecure_channel(
        sandbox.gateway_address,
        options=[("grpc.enable_http_proxy", 0), ("grpc.primary_user_agent", WORD)],
    ) as channel:
        for method in service.methods:
            request = _laced(getattr(pb, method.input_type.name)(), sandbox.merchant_id)
            call: grpc.UnaryUnaryMultiCallable[Any, Any] = channel.unary_unary(
                f"/{service.full_name}/{method.name}",
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=getattr(pb, method.output_type.name).FromString,
            )
            try:
                call(request, metadata=metadata, timeout=5)
            except grpc.RpcError as error:
                ends.append(error.code())
    assert set(ends) <= {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND}


def _laced(message: Any, merchant_id: str) -> Any:
    """Return a message with a canary in each of its texts but the merchant's id."""
    for field in message.DESCRIPTOR.fields:
        if field.message_type is not None:
            if not field.is_repeated and field.message_type.file is pb.DESCRIPTOR:
                _laced(getattr(message, field.name), merchant_id)
        elif field.cpp_type == field.CPPTYPE_STRING and not field.is_repeated:
            text = merchant_id if field.name == "merchant_id" else f"{WORD} {field.name}"
            setattr(message, field.name, text)
    return message


def _await(frontend: Frontend, order: _Order, status: str) -> None:
    def has_it() -> bool | None:
        return frontend.status(merchant.MERCHANT_ID, order.referral_id).status == status or None

    until(has_it, otherwise=f"no {status}")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
