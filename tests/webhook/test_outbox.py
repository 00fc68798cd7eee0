"""`referrals-webhook outbox` shows what Kafka does not have, and sends again what it refused."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from referrals_domain.testing import builders
from referrals_domain.testing.contracts.outbox import event
from referrals_webhook.__main__ import main
from referrals_webhook.outbox import list_outbox, retry_outbox
from tests.waiting import until

if TYPE_CHECKING:
    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.ports.outbox import OutboxEntry
    from tests.webhook.program import Program
    from tests.webhook.stage import Stage

NOW = builders.PLACED_AT
SEE = "; see: referrals-webhook outbox list"


async def refuse(stage: Stage) -> list[OutboxEntry]:
    """Add two events of one referral and one of another, and have the first refused."""
    async with stage.begin() as tx:
        await tx.outbox.add([event(1), event(1, version=3), event(2)])
        entries = list(await tx.outbox.first(3))
        await tx.outbox.refuse({entries[0]: "TooLarge"}, at=NOW + timedelta(seconds=1))
        await tx.commit()
    return entries


async def test_the_list_is_a_table_for_a_person(
    stage: Stage, database: PostgresSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    await list_outbox(database, waiting=False, as_json=False)
    await list_outbox(database, waiting=True, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "referrals-webhook outbox: nothing was refused",
        "referrals-webhook outbox: nothing waits",
    ]
    first, second, third = await refuse(stage)
    await list_outbox(database, waiting=True, as_json=False)
    head, *rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    titles = ["id", "state", "reason", "referral", "type", "event", "occurred", "refused"]
    at = ["2026-11-20T15:15:28+00:00", "2026-11-20T15:15:29+00:00"]
    states = [
        (first, "refused", "TooLarge", at[1]),
        (second, "held_back", "-", "-"),
        (third, "waiting", "-", "-"),
    ]
    assert head == titles
    assert rows == [
        [str(e.seq), state, reason, e.referral_id, e.type, e.event_id, at[0], refused]
        for e, state, reason, refused in states
    ]


async def test_the_list_is_json_for_a_program_and_names_no_customer(
    stage: Stage, database: PostgresSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    await list_outbox(database, waiting=False, as_json=True)
    first, *_ = await refuse(stage)
    await list_outbox(database, waiting=False, as_json=True)
    nothing, one = capsys.readouterr().out.splitlines()
    assert json.loads(nothing) == []
    assert json.loads(one) == [
        {
            "id": first.seq,
            "state": "refused",
            "reason": "TooLarge",
            "referral": first.referral_id,
            "type": "referral.completed",
            "event": first.event_id,
            "occurred": "2026-11-20T15:15:28+00:00",
            "refused": "2026-11-20T15:15:29+00:00",
        }
    ]


async def test_what_is_named_is_retried_and_what_was_not_refused_is_named(
    stage: Stage, database: PostgresSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, _ = await refuse(stage)
    with pytest.raises(SystemExit) as ended:
        await retry_outbox(database, [first.seq, second.seq, 2**63 - 1], as_json=False)
    assert ended.value.code == f"referrals-webhook: not refused: {second.seq}, {2**63 - 1}{SEE}"
    await retry_outbox(database, None, as_json=False)
    await list_outbox(database, waiting=False, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "referrals-webhook outbox: to be sent again: 1",
        "referrals-webhook outbox: to be sent again: 0",
        "referrals-webhook outbox: nothing was refused",
    ]


async def test_what_kafka_refuses_waits_for_a_person_while_others_go_on(
    stage: Stage,
    program: Program,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in program.environment.items():
        monkeypatch.setenv(name, value)
    async with stage.begin() as tx:
        await tx.outbox.add([event(1), event(1, version=3), event(2)])
        await tx.commit()
    await set_payload(stage, "decode(repeat('7002', 1000000), 'hex')", version=2)
    relay = program.start("run", "--role", "relay")
    await relay.says("topics are left to the broker|a topic is weaker than it should be")
    await relay.says("an event is refused until a person looks.*MessageSizeTooLargeError")
    await until(partial(is_left, stage, 2))

    await asyncio.to_thread(main, ["outbox", "list", "--json", "--waiting"])
    listed = json.loads(capsys.readouterr().out)
    assert [one["state"] for one in listed] == ["refused", "held_back"]
    await set_payload(stage, "'{}'", version=2)
    await asyncio.to_thread(main, ["outbox", "retry", str(listed[0]["id"])])
    await until(partial(is_left, stage, 0))
    with pytest.raises(SystemExit, match=f"^referrals-webhook: not refused: {2**63 - 1}{SEE}$"):
        await asyncio.to_thread(main, ["outbox", "retry", str(2**63 - 1)])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["retry"], "one of the arguments ID --all is required"),
        (["retry", "1", "--all"], "argument --all: not allowed with argument ID"),
        (["retry", "x"], "argument ID: 'x' is not the number of an event"),
        (["retry", "0"], "argument ID: '0' is not the number of an event"),
        (["retry", str(2**63)], f"argument ID: '{2**63}' is not the number of an event"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_said_in_a_line(
    capsys: pytest.CaptureFixture[str], words: list[str], line: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["outbox", *words])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f": {line}; see referrals-webhook outbox" in said


async def set_payload(stage: Stage, payload: str, *, version: int) -> None:
    """Give the event of a version of the first referral another payload."""
    change = text(f"UPDATE outbox SET payload = {payload} WHERE id = :id")  # noqa: S608 - our own words
    async with stage.engine.begin() as connection:
        await connection.execute(change, {"id": str(event(1, version=version).id)})


async def is_left(stage: Stage, count: int) -> bool:
    return len(await stage.rows("outbox")) == count
