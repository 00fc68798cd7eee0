"""Shopify by hand: a sample with another code completes a referral, once."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import asyncpg
import attrs
import httpx
import pytest
from redis import Redis

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_domain.model.events import ReferralCompleted
from referrals_domain.model.identifiers import MerchantId, OrderId, ReferralId
from referrals_sandbox.neighbours.frontend import LONG_PATH, SHORT_PATH, open_frontend
from referrals_sandbox.posting import sample_order, topics
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.ports import free_port
from tests.broker import records
from tests.sandbox.cli import REFUND, SAMPLE, until

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from referrals_sandbox.composition.description import Description
    from tests.sandbox.cli import Cli

CODE = "7K2QM9XT3V"
SAMPLE_ORDER = OrderId("6200407294252")
BUSY = """
    SELECT EXISTS (SELECT FROM deliveries WHERE outcome IS NULL)
        OR EXISTS (SELECT FROM outbox) OR EXISTS (SELECT FROM stale_statuses)
"""


@pytest.fixture(scope="module")
def referral_id(sandbox: Description) -> str:
    return ReferralId.of_order(MerchantId(sandbox.merchant_id), SAMPLE_ORDER)


@pytest.fixture(scope="module")
def posted(sandbox: Description, shared_cli: Cli) -> dict[str, Any]:
    """What posting the sample came to."""
    return post(shared_cli, "--code", sandbox.referral_link_code)


def post(cli: Cli, *words: str, file: Path = SAMPLE) -> dict[str, Any]:
    done = cli.run("post", file, "--json", *words)
    assert done.stderr == ""
    assert done.returncode == 0
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def rewards(sandbox: Description, referral_id: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{sandbox.points}/entries?referral_id={referral_id}", trust_env=False)
    entries: list[dict[str, Any]] = answer.json()
    return entries


def is_idle(sandbox: Description) -> bool:
    """Tell whether every delivery is settled, every event sent and the cache told of all."""

    async def look() -> bool:
        connection = await asyncpg.connect(sandbox.database_url)
        try:
            return not await connection.fetchval(BUSY)
        finally:
            await connection.close()

    return asyncio.run(look())


def events_of(sandbox: Description, referral_id: str) -> list[bytes]:
    """Return the messages about a referral that lie on the broker."""

    about = referral_id.encode()
    found = asyncio.run(records(sandbox.kafka, ReferralCompleted.type))
    return [record.value for record in found if record.key == about]


def test_the_sample_with_a_code_completes_a_referral_on_both_paths(
    posted: dict[str, Any], referral_id: str
) -> None:
    assert posted["referral_id"] == referral_id
    assert set(posted["statuses"]) == {LONG_PATH, SHORT_PATH}
    for standing in posted["statuses"].values():
        assert standing == {"status": "COMPLETED", "cause": "order_created", "version": 2}


def test_it_is_told_in_words_too_by_the_gateway_alone(
    sandbox: Description, shared_cli: Cli, posted: dict[str, Any], tmp_path: Path
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    front = tmp_path / "front.json"
    attrs.evolve(sandbox, grpc=nowhere, webhook=f"http://{nowhere}").write(front)
    told = shared_cli.run("post", SAMPLE, "--code", sandbox.referral_link_code, "--sandbox", front)
    assert told.returncode == 0
    assert told.stdout.startswith("POST /orders/create: 1 x 200")
    for line in (
        f"referral {posted['referral_id']}",
        f"{LONG_PATH}: COMPLETED (order_created, version 2)",
        f"{SHORT_PATH}: COMPLETED (order_created, version 2)",
    ):
        assert line in told.stdout


@pytest.mark.parametrize("times", ["1", "20"])
def test_posted_again_it_changes_nothing_and_adds_no_event(
    sandbox: Description, shared_cli: Cli, posted: dict[str, Any], times: str
) -> None:
    referral_id = posted["referral_id"]
    until(lambda: rewards(sandbox, referral_id), within=15)
    until(lambda: is_idle(sandbox), within=15)
    before = rewards(sandbox, referral_id), events_of(sandbox, referral_id)

    again = post(shared_cli, "--code", sandbox.referral_link_code, "--times", times)

    assert [answer["status"] for answer in again["answers"]] == [200] * int(times)
    assert again["statuses"] == posted["statuses"]
    until(lambda: is_idle(sandbox), within=15)
    assert (rewards(sandbox, referral_id), events_of(sandbox, referral_id)) == before
    assert [len(found) for found in before] == [1, 1]


def stands(answer: dict[str, Any]) -> tuple[str, str, int]:
    """Return how a referral stands as both paths say alike."""
    long, short = answer["statuses"].values()
    assert long == short
    return long["status"], long["cause"], long["version"]


def test_the_sample_refund_undoes_an_order_although_it_does_not_name_the_orders_share(
    sandbox: Description, shared_cli: Cli, tmp_path: Path
) -> None:
    with open_frontend(sandbox.grpc, sandbox.token) as frontend:
        share = frontend.share(sandbox.merchant_id, sandbox.referral_link_id, pb.CHANNEL_SMS)
    named = tmp_path / "named.json"
    signals = [{"name": "share", "value": share.id}]
    sample = sample_order.read(SAMPLE.read_bytes())
    named.write_text(json.dumps({**sample, "note_attributes": signals, "customer": {"id": 881}}))
    posted = post(shared_cli, "--order", "6200407290001", file=named)
    assert posted["referral_id"] == share.id
    assert stands(posted) == ("COMPLETED", "order_created", 2)

    words = ("--topic", "refunds/create", "--order", "6200407290001")
    refunded = post(shared_cli, *words, file=REFUND)

    assert refunded["referral_id"] == share.id
    assert stands(refunded) == ("REVERSED", "order_refunded", 3)
    assert "67.10 of 67.10 USD went back" in refunded["summary"]


def test_the_sample_comes_cancelled_by_the_topic_that_reports_it(
    sandbox: Description, shared_cli: Cli
) -> None:
    words = ("--order", "6200407290002", "--code", sandbox.referral_link_code)
    cancelled = post(shared_cli, "--topic", "orders/cancelled", *words)
    assert stands(cancelled) == ("REVERSED", "order_cancelled", 2)


def test_a_refund_of_an_order_that_nobody_knows_is_taken_and_changes_nothing(
    sandbox: Description, shared_cli: Cli
) -> None:
    order = OrderId("6200407290003")
    early = post(shared_cli, "--topic", "refunds/create", "--order", order, file=REFUND)
    assert [answer["status"] for answer in early["answers"]] == [200]
    assert early["referral_id"] == ReferralId.of_order(MerchantId(sandbox.merchant_id), order)
    assert stands(early)[0] == "NOT_FOUND"
    assert early["summary"] == ""


def test_what_the_cache_still_says_of_an_older_version_is_waited_out(
    sandbox: Description, shared_cli: Cli, posted: dict[str, Any]
) -> None:
    until(lambda: is_idle(sandbox), within=15)
    old = f"v|1|PENDING|{datetime.now(UTC).isoformat()}|link_shared"
    key = f"referral:{sandbox.merchant_id}:{posted['referral_id']}"
    with Redis.from_url(sandbox.redis_url) as redis:
        redis.set(key, old, px=1200)  # longer than the command takes to look for the first time
    again = post(shared_cli, "--code", sandbox.referral_link_code)
    assert stands(again) == stands(posted)


def test_a_body_signed_with_another_secret_is_refused(
    sandbox: Description, shared_cli: Cli, tmp_path: Path
) -> None:
    other = tmp_path / "other.json"
    attrs.evolve(sandbox, shopify_secret="shpss_other").write(other)
    refused = shared_cli.run("post", SAMPLE, "--sandbox", other)
    assert refused.returncode == 1
    assert refused.stdout.startswith("POST /orders/create: 1 x 401")


def test_a_file_is_posted_as_it_is_if_so_wished(
    sandbox: Description, shared_cli: Cli, tmp_path: Path
) -> None:
    junk = tmp_path / "junk.json"
    junk.write_bytes(b"{ not JSON")
    taken = shared_cli.run("post", junk, "--as-is")
    assert taken.returncode == 0, sandbox
    assert "no referral belongs to it" in taken.stdout
    refused = shared_cli.run("post", junk)
    assert refused.returncode == 1
    assert refused.stderr == ("referrals-sandbox: the file is not JSON; --as-is alone posts it\n")


def test_without_a_sandbox_there_is_one_clear_line(cli: Cli) -> None:
    failed = cli.run("post", SAMPLE)
    assert failed.returncode == 1
    assert failed.stderr == (
        "referrals-sandbox: no sandbox is running; start one with `uv run referrals-sandbox`\n"
    )


def test_what_a_killed_sandbox_left_is_not_taken_for_a_running_one(cli: Cli) -> None:
    left = cli.temp / f"referrals-sandbox-{os.geteuid()}" / "4711-left"
    left.mkdir(parents=True)
    shutil.copy(SAMPLE, left / "sandbox.json")
    failed = cli.run("post", SAMPLE)
    assert failed.returncode == 1
    assert "no sandbox is running" in failed.stderr


def signals(body: dict[str, Any]) -> Iterable[str]:
    yield from (entry["value"] for entry in body.get("note_attributes", ()))
    yield from (entry["code"] for entry in body.get("discount_codes", ()))
    yield from (entry["code"] for entry in body.get("discount_applications", ()))
    yield body.get("landing_site", "")


def test_the_code_takes_the_place_of_the_samples_wherever_it_stands() -> None:
    body = sample_order.with_code(sample_order.read(SAMPLE.read_bytes()), CODE)
    assert list(signals(body)) == [
        *(CODE, "sms"),
        *(f"FRIEND-{CODE}", f"FRIEND-{CODE}"),
        f"/discount/FRIEND-{CODE}?redirect=%2F%3Fref%3D{CODE}%26utm_medium%3Dsms",
    ]
    assert "K7Q2" not in json.dumps(body)


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        ({"landing_site": "/?ref=K7Q2&a=1"}, {"landing_site": f"/?ref={CODE}&a=1"}),
        ({"landing_site": "/?source=k7q2"}, {"landing_site": f"/?source={CODE}"}),
        (
            {"referring_site": "https://x.test/?r=K7Q2"},
            {"referring_site": f"https://x.test/?r={CODE}"},
        ),
        ({"discount_codes": [{"code": "K7Q2"}]}, {"discount_codes": [{"code": CODE}]}),
        (
            {"discount_codes": [{"code": "FRIEND-K7Q2"}], "landing_site": "/discount/FRIEND-K7Q2"},
            {
                "discount_codes": [{"code": f"FRIEND-{CODE}"}],
                "landing_site": f"/discount/FRIEND-{CODE}",
            },
        ),
        (
            {
                "note_attributes": [{"name": "Ref", "value": "K7Q2"}, {"name": "gift"}],
                "discount_codes": [{"code": "WELCOME-10"}, {"code": "FRIEND-k7q2"}],
            },
            {
                "note_attributes": [{"name": "Ref", "value": CODE}, {"name": "gift"}],
                "discount_codes": [{"code": "WELCOME-10"}, {"code": f"FRIEND-{CODE}"}],
            },
        ),
        (
            {"note_attributes": [{"name": "ref", "value": "K7Q2"}], "note": "XK7Q2"},
            {"note_attributes": [{"name": "ref", "value": CODE}], "note": "XK7Q2"},
        ),
    ],
)
def test_a_code_is_found_in_each_place_alone(
    body: dict[str, Any], changed: dict[str, Any]
) -> None:
    assert sample_order.with_code(body, CODE) == changed


def test_a_code_may_be_given_with_its_prefix() -> None:
    code = "0000000012"
    body = sample_order.with_code({"landing_site": "/?ref=K7Q2"}, f"FRIEND-{code}")
    assert body == {"landing_site": f"/?ref={code}"}


def test_a_body_without_a_code_is_no_place_for_one() -> None:
    with pytest.raises(SandboxError, match="no code that --code could replace"):
        sample_order.with_code({"landing_site": "/", "note_attributes": None}, CODE)


def test_times_become_now_and_nothing_else_changes() -> None:
    body = sample_order.read(SAMPLE.read_bytes())
    now = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    changed = sample_order.as_of(body, now)
    names = {name for name in body if changed[name] != body[name]}
    assert names == {"created_at", "processed_at", "updated_at"}
    assert {datetime.fromisoformat(changed[name]) for name in names} == {now}


def test_what_a_topic_reports_is_written_into_the_order_and_nothing_else() -> None:
    body = {"financial_status": "pending", "cancelled_at": None, "total_price": "1.00"}
    now = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert topics.reporting(body, "orders/create", now) == body
    assert topics.reporting(body, "refunds/create", now) == body
    assert topics.reporting(body, "orders/paid", now) == {**body, "financial_status": "paid"}
    cancelled = topics.reporting(body, "orders/cancelled", now)
    assert datetime.fromisoformat(cancelled["cancelled_at"]) == now
    assert cancelled == {
        **body,
        "cancelled_at": cancelled["cancelled_at"],
        "cancel_reason": "customer",
    }


def test_another_order_is_meant_wherever_the_body_names_it() -> None:
    refund = topics.of_order(sample_order.read(REFUND.read_bytes()), "refunds/create", 4711)
    assert SAMPLE_ORDER not in json.dumps(refund)
    assert {refund["order_id"], refund["transactions"][0]["order_id"]} == {4711}
    order = topics.of_order(sample_order.read(SAMPLE.read_bytes()), "orders/paid", 4711)
    assert SAMPLE_ORDER not in json.dumps(order)
    assert order["id"] == 4711


def test_a_refunds_money_moves_now_too() -> None:
    now = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    refund = sample_order.as_of(sample_order.read(REFUND.read_bytes()), now)
    moved = refund["transactions"][0]
    times = {part[name] for part in (refund, moved) for name in ("created_at", "processed_at")}
    assert {datetime.fromisoformat(time) for time in times} == {now}


def test_a_body_that_is_no_object_is_refused() -> None:
    with pytest.raises(SandboxError, match="no JSON object"):
        sample_order.read(b"[]")


@pytest.mark.parametrize(
    "body",
    [
        {"note_attributes": ["x", 1]},
        {"note_attributes": 5},
        {"discount_codes": 7},
        {"landing_site": "http://[::1/?ref=x"},
    ],
)
def test_a_file_that_is_no_order_is_told_in_one_line(
    sandbox: Description, shared_cli: Cli, tmp_path: Path, body: dict[str, Any]
) -> None:
    odd = tmp_path / "odd.json"
    odd.write_text(json.dumps(body))
    failed = shared_cli.run("post", odd, "--code", sandbox.referral_link_code)
    assert failed.returncode == 1
    assert failed.stderr.startswith("referrals-sandbox: the file is no order")
    assert failed.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words", [("--topic", "a\nb"), ("--topic", "\u00e9"), ("--shop", "ex\u00e4mple.myshopify.com")]
)
def test_what_no_header_can_carry_is_told_in_one_line(
    sandbox: Description, shared_cli: Cli, words: tuple[str, str]
) -> None:
    failed = shared_cli.run("post", SAMPLE, *words)
    assert failed.returncode == 1, sandbox
    assert failed.stderr.count("\n") == 1


@pytest.mark.long
def test_a_service_that_does_not_tell_the_status_is_a_failure(
    sandbox: Description, shared_cli: Cli, tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger.json"
    attrs.evolve(sandbox, token="nobody").write(stranger)
    failed = shared_cli.run("post", SAMPLE, "--sandbox", stranger)
    assert failed.returncode == 1
    assert failed.stderr.startswith(
        "referrals-sandbox: GetReferralStatus answered UNAUTHENTICATED"
    )
