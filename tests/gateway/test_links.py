"""Friends come through the gateway to their merchant's storefront, and to nowhere else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import attrs
import httpx
import pytest

from tests.gateway.front import FRIENDS_BUCKET, Call
from tests.waiting import until
from tests.webhook.test_visitor import FRIENDS, ROBOTS

if TYPE_CHECKING:
    from referrals_sandbox.composition.sandbox import Sandbox
    from tests.gateway.front import Front

LINK: Final = Call(
    path="/r/acme/7K2QM9XT3V?s=hush&c=sms", method="GET", body=b"", kind="text/html"
)
FLOODING: Final = "127.0.0.11"
TRY_AGAIN: Final = b"This link cannot be followed at the moment."


def asked(sandbox: Sandbox, method: str, **fields: str) -> Any:
    answer = httpx.post(
        f"{sandbox.gateway}/referrals.v1.ReferralsService/{method}",
        json={"merchant_id": sandbox.merchant_id, **fields},
        headers={"authorization": f"Bearer {sandbox.token}"},
        trust_env=False,
    )
    return answer.raise_for_status().json()


def followed(url: str, name: str) -> httpx.Response:
    return httpx.get(url, headers={"user-agent": name}, trust_env=False)


async def test_the_url_of_a_share_leads_to_the_storefront_and_its_visits_are_shown(
    sandbox: Sandbox,
) -> None:
    shared = asked(
        sandbox,
        "ShareLink",
        referral_link_id=sandbox.referral_link_id,
        channel="CHANNEL_SMS",
    )
    id_, code = shared["referral"]["id"], sandbox.referral_link_code
    assert shared["url"] == f"{sandbox.gateway}/r/{sandbox.merchant_id}/{code}?s={id_}&c=sms"
    for name in (ROBOTS["iMessage"], FRIENDS["Safari"], FRIENDS["Chrome"]):
        answer = followed(shared["url"], name)
        assert answer.status_code == 302
        signal = quote(f"/?ref={code}&share={id_}&channel=sms", safe="")
        discount = f"{sandbox.storefront}/discount/FRIEND-{code}"
        assert answer.headers["location"] == f"{discount}?redirect={signal}"
        assert answer.headers["cache-control"] == "no-store"

    async def visited() -> bool:
        return bool(asked(sandbox, "GetReferral", referral_id=id_).get("visits") == "2")

    await until(visited)


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/..",
        "/r/evil.example/https://evil.example",
        "/r/../evil.example",
        "/r/%2e%2e/%2e%2e/evil.example",
        "/r//evil.example",
        "/r/{merchant}/%2F%2Fevil.example",
        "/r/{merchant}/..%2F..%2Fevil.example",
        "/r/{merchant}/https://evil.example/?redirect=https://evil.example",
        "/r/{merchant}/@evil.example",
    ],
)
def test_it_leads_nowhere_else(sandbox: Sandbox, path: str) -> None:
    call = attrs.evolve(LINK, path=path.format(merchant=sandbox.merchant_id))
    answer = call.to(sandbox.gateway_address)
    if answer.status == 302:
        assert answer.headers["location"] == sandbox.storefront
    else:
        assert (answer.status in {400, 404}, "location" in answer.headers) == (True, False)


def test_what_came_is_what_was_asked_for(front: Front) -> None:
    before = len(front.webhook.received)
    for method in ("GET", "HEAD"):
        assert attrs.evolve(LINK, method=method).to(front.address).status == 200
    lines = [request.line for request in front.webhook.received[before:]]
    assert lines == [b"%s %s HTTP/1.1\r\n" % (it, LINK.path.encode()) for it in (b"GET", b"HEAD")]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_any_other_method_comes_to_nobody(front: Front, method: str) -> None:
    before = len(front.webhook.received)
    assert attrs.evolve(LINK, method=method).to(front.address).status == 404
    assert len(front.webhook.received) == before


def test_who_follows_too_often_is_asked_to_wait(front: Front) -> None:
    flooding = attrs.evolve(LINK, source=FLOODING)
    answers = [flooding.to(front.address) for _ in range(2 * FRIENDS_BUCKET)]
    refused = [answer for answer in answers if answer.status == 429]
    assert len(refused) >= FRIENDS_BUCKET / 2
    assert {answer.status for answer in answers} == {200, 429}
    assert refused[0].body.startswith(TRY_AGAIN)
    assert refused[0].headers["content-type"] == "text/plain; charset=utf-8"
    assert LINK.to(front.address).status == 200


def test_who_finds_no_service_is_asked_to_try_again(before_nothing_at: str) -> None:
    answer = LINK.to(before_nothing_at)
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert answer.body.startswith(TRY_AGAIN)
    assert "location" not in answer.headers


def test_a_merchant_who_finds_no_page_is_asked_to_load_it_again(before_nothing_at: str) -> None:
    answer = attrs.evolve(LINK, path="/merchant/").to(before_nothing_at)
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert answer.body.startswith(b"This page cannot be shown at the moment.")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_the_log_tells_of_no_link(front: Front) -> None:
    attrs.evolve(LINK, path="/r/of-this-test/7K2QM9XT3V").to(front.address)
    line = front.gateway.process.until_says(r'^\{.*"path":"/r/".*\}$').group()
    assert json.loads(line)["cluster"] == "webhook"
    assert "of-this-test" not in front.gateway.process.log_text
