"""`referrals-webhook held` shows what waits for a person, and has it tried again."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from referrals_domain.model.delivery import Outcome
from referrals_domain.model.identifiers import OrderId
from referrals_domain.testing import builders
from referrals_webhook.__main__ import main
from referrals_webhook.held import list_held, release_held

if TYPE_CHECKING:
    from referrals_adapters.postgres.settings import PostgresSettings
    from tests.webhook.program import Program
    from tests.webhook.stage import Stage

NOW = builders.PLACED_AT
SEE = "; see: referrals-webhook held list"


async def hold(stage: Stage, *orders: str) -> list[int]:
    """Hold a delivery of each order, each a second younger than the one before."""
    async with stage.begin() as tx:
        await tx.deliveries.add(
            [
                builders.accepted_delivery(
                    facts=builders.facts(order_id=OrderId(order)),
                    received_at=NOW + timedelta(seconds=place),
                )
                for place, order in enumerate(orders)
            ]
        )
        later = NOW + timedelta(hours=1)
        claimed = await tx.deliveries.claim(len(orders), at=later, until=later)
        await tx.deliveries.finish({one.id: Outcome.HELD for one in claimed})
        await tx.commit()
    return [one.id for one in claimed]


async def waiting(stage: Stage) -> list[int]:
    return [id_ for id_, outcome in await stage.rows("deliveries", "id, outcome") if not outcome]


async def test_the_list_is_a_table_for_a_person(
    stage: Stage, database: PostgresSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = await hold(stage, "17", "4")
    await list_held(database, as_json=False)
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "merchant", "order", "topic", "since", "attempts"]
    assert [row.split() for row in rows] == [
        [str(first), "acme", "17", "orders/create", "2026-11-20T15:15:28+00:00", "1"],
        [str(second), "acme", "4", "orders/create", "2026-11-20T15:15:29+00:00", "1"],
    ]


async def test_the_list_is_json_for_a_program(
    stage: Stage, database: PostgresSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    await list_held(database, as_json=True)
    (held,) = await hold(stage, "17")
    await list_held(database, as_json=True)
    nothing, one = capsys.readouterr().out.splitlines()
    assert json.loads(nothing) == []
    assert json.loads(one) == [
        {
            "id": held,
            "merchant": "acme",
            "order": "17",
            "topic": "orders/create",
            "since": "2026-11-20T15:15:28+00:00",
            "attempts": 1,
        }
    ]


async def test_what_is_named_is_released_and_what_is_not_held_is_named(
    stage: Stage, database: PostgresSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third = await hold(stage, "1", "2", "3")
    await release_held(database, [first], as_json=False)
    assert await waiting(stage) == [first]
    with pytest.raises(SystemExit) as ended:
        await release_held(database, [first, second, 2**63 - 1], as_json=False)
    assert ended.value.code == f"referrals-webhook: not held: {first}, {2**63 - 1}{SEE}"
    assert await waiting(stage) == [first, second]
    assert capsys.readouterr().out == "referrals-webhook held: released 1\n" * 2
    await list_held(database, as_json=False)
    assert str(third) in capsys.readouterr().out


async def test_the_program_lists_and_releases_with_an_exit_code(
    stage: Stage, program: Program
) -> None:
    await hold(stage, "1", "2")
    unknown = program.start("held", "release", str(2**63 - 1))
    listed = program.start("held", "list", "--json")
    await unknown.says(f"^referrals-webhook: not held: {2**63 - 1}{SEE}$")
    assert await unknown.exit_code() == 1
    assert (await listed.says(r"^\[.*\]$"))[0].count('"order"') == 2
    assert await listed.exit_code() == 0
    released = program.start("held", "release", "--all")
    await released.says("^referrals-webhook held: released 2$")
    assert await released.exit_code() == 0
    assert len(await waiting(stage)) == 2


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["release"], "one of the arguments ID --all is required"),
        (["release", "1", "--all"], "argument --all: not allowed with argument ID"),
        (["release", "x"], "argument ID: 'x' is not the number of a delivery"),
        (["release", "0"], "argument ID: '0' is not the number of a delivery"),
        (["release", str(2**63)], f"argument ID: '{2**63}' is not the number of a delivery"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_said_in_a_line(
    capsys: pytest.CaptureFixture[str], words: list[str], line: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["held", *words])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f": {line}; see referrals-webhook held" in said
