"""`referrals-webhook privacy` shows what was asked for, exports, and has customers redacted."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from referrals_domain.model.identifiers import CustomerKey, MerchantId
from referrals_domain.model.privacy import PrivacyCall, PrivacyKind
from referrals_domain.testing import builders
from referrals_domain.testing.builders import ADVOCATE, FRIEND, MERCHANT, SHOP
from referrals_domain.testing.time_and_chance import SeededIds
from referrals_domain.use_cases.take_privacy_call import TakePrivacyCall
from referrals_webhook.__main__ import main
from referrals_webhook.privacy import export_customer, list_privacy, redact_customer
from tests.waiting import until
from tests.webhook.orders import signed

if TYPE_CHECKING:
    from referrals_adapters.postgres.settings import PostgresSettings
    from tests.webhook.program import Program
    from tests.webhook.stage import Stage

CUSTOMER: Final = CustomerKey(MERCHANT, ADVOCATE)
FIELDS: Final = ["id", "merchant", "kind", "customer", "received", "done", "touched"]
REDACTED: Final = (
    "referrals-webhook privacy: stored; a worker carries it out, "
    "see: referrals-webhook privacy list"
)


async def ask_for_data(stage: Stage) -> None:
    call = PrivacyCall(
        kind=PrivacyKind.DATA_REQUEST,
        customer_id=ADVOCATE,
        number="17",
        received_at=builders.PLACED_AT,
    )
    await TakePrivacyCall(begin=stage.begin, ids=SeededIds()).of_merchant(MERCHANT, call)


async def test_the_list_is_a_table_for_a_person(
    stage: Stage, database: PostgresSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    await list_privacy(database, as_json=False)
    await ask_for_data(stage)
    await list_privacy(database, as_json=False)
    nothing, head, row = capsys.readouterr().out.splitlines()
    assert nothing == "referrals-webhook privacy: nobody asked for anything"
    assert head.split() == FIELDS
    at = "2026-11-20T15:15:28+00:00"
    assert row.split()[1:] == [MERCHANT, "data_request", ADVOCATE, at, "-", "-"]


async def test_a_data_request_waits_until_it_is_exported(
    stage: Stage, database: PostgresSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    await ask_for_data(stage)
    await export_customer(database, CUSTOMER)
    document = json.loads(capsys.readouterr().out)
    assert document["customer_id"] == ADVOCATE
    assert [one["code"] for one in document["referral_links"]] == [builders.CODE]
    assert [one["roles"] for one in document["referrals"]] == [["advocate"]]
    await list_privacy(database, as_json=True)
    (row,) = json.loads(capsys.readouterr().out)
    assert [*row] == FIELDS
    assert row["done"]
    assert row["customer"] is None
    assert json.loads(row["touched"]) == {
        "referral_history": 1,
        "referral_links": 1,
        "referrals": 1,
    }


async def test_a_merchant_that_is_not_known_is_named_in_a_line(
    database: PostgresSettings,
) -> None:
    nobody = CustomerKey(MerchantId("nobody"), ADVOCATE)
    for command in (export_customer, partial(redact_customer, as_json=True)):
        with pytest.raises(SystemExit) as ended:
            await command(database, nobody)
        assert ended.value.code == "referrals-webhook: the merchant has no program"


async def test_from_a_signed_call_to_a_receipt_through_the_real_processes(
    stage: Stage, program: Program
) -> None:
    url = await program.start("run", "--role", "http").url()
    program.start("run", "--role", "worker")
    customer = {"id": int(FRIEND), "email": "jo@canary.example", "phone": None}
    body = json.dumps({"shop_domain": SHOP, "customer": customer}).encode()
    async with httpx.AsyncClient(base_url=url) as client:
        answer = await client.post("/customers/redact", content=body, headers=signed(body))
        forged = await client.post("/customers/redact", content=body)
    assert (answer.status_code, answer.json()) == (200, {"receipt": "stored"})
    assert (forged.status_code, forged.json()) == (401, {"error": "unsigned"})
    redact = program.start("privacy", "redact", "--merchant", MERCHANT, "--customer", ADVOCATE)
    await redact.says(f"^{REDACTED}$")
    assert await redact.exit_code() == 0

    async def is_done() -> bool:
        rows = await stage.rows("privacy_requests", "done_at, customer_id")
        return len(rows) == 2 and all(at and not customer for at, customer in rows)

    await until(is_done)
    assert (await stage.referral()).customer_id.is_tombstone
    listed = program.start("privacy", "list", "--json")
    assert (await listed.says(r"^\[.*\]$"))[0].count("customer_redact") == 2
    assert await listed.exit_code() == 0


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["export"], "the following arguments are required: --merchant, --customer"),
        (
            ["redact", "--merchant", "a b", "--customer", "1"],
            "argument --merchant: not a MerchantId",
        ),
        (
            ["redact", "--merchant", "acme", "--customer", "jo@x"],
            "argument --customer: not a CustomerId",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_said_in_a_line(
    capsys: pytest.CaptureFixture[str], words: list[str], line: Any
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["privacy", *words])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f": {line}; see referrals-webhook privacy" in said
