"""What Shopify never delivered is found by role and command, and ends as if it had been."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import TYPE_CHECKING, Any, Final

import pytest

from referrals_domain.model.referral import ReferralStatus
from referrals_sandbox.neighbours.processes import start_shopify
from referrals_sandbox.neighbours.shopify_platform.faults import Faults
from referrals_sandbox.neighbours.shopify_platform.shopkeeper import Shopkeeper
from referrals_sandbox.servers.ports import free_port
from referrals_webhook.__main__ import main
from tests.waiting import until
from tests.webhook.orders import SECRET
from tests.webhook.sweeping import KINDS, SweptShop, access_file, quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_sandbox.servers.running import Servers
    from tests.webhook.program import Program
    from tests.webhook.stage import Stage
    from tests.webhook.sweeping import Ended

PART: Final = 3 * KINDS
NOWHERE: Final = "http://127.0.0.1:9"
ORDERS: Final = 3 * PART
REQUESTS: Final = 4
"""How many requests a second a shop of the plan lets an app make."""
AWAY: Final = 6 * 3600.0
SPEED: Final = AWAY / 1.5
CLOCK_BEHIND: Final = -1200.0
"""Shopify's clock; else the sweep would leave what happens to an order now for ten minutes."""
STORM: Final = Faults(dropped=0.2, doubled=0.1, late=0.2, lateness=3600.0, skew=CLOCK_BEHIND)


@pytest.fixture
def keeper(servers: Servers) -> Iterator[Shopkeeper]:
    shopify = start_shopify(servers.supervisor, speed=SPEED)
    yield Shopkeeper(shopify.url)
    shopify.process.stop()


@pytest.fixture
def told(
    servers: Servers,
    database: PostgresSettings,
    keeper: Shopkeeper,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., None]:
    """Return what tells a command of this process what shops there are."""

    def tell(*shops: SweptShop) -> None:
        settings = {
            **servers.environment(),
            "REFERRALS_DB_NAME": database.name,
            "SHOPIFY_API_SECRET": SECRET,
            "SHOPIFY_ADMIN_ACCESS_FILE": access_file(tmp_path / "shops.json", shops),
            "SHOPIFY_ADMIN_URL": f"{keeper.url}/shops/{{shop}}",
            "REFERRALS_PUBLIC_URL": NOWHERE,
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)

    return tell


@pytest.mark.timeout(120)
@pytest.mark.long
async def test_after_lost_webhooks_and_six_hours_away_all_ends_as_without_faults(
    stage: Stage, program: Program, keeper: Shopkeeper, tmp_path: Path
) -> None:
    calm = SweptShop(name="calm", first_order=(1 << 53) + 1, keeper=keeper)
    stormy = SweptShop(name="stormy", first_order=(1 << 53) + 10_001, keeper=keeper)
    at = free_port()
    gateway = f"http://127.0.0.1:{at}"
    settings = {
        "REFERRALS_WEBHOOK_LISTEN": f"127.0.0.1:{at}",
        "SHOPIFY_ADMIN_ACCESS_FILE": access_file(tmp_path / "shops.json", [calm, stormy]),
        "SHOPIFY_ADMIN_URL": f"{keeper.url}/shops/{{shop}}",
        "REFERRALS_PUBLIC_URL": gateway,
    }
    for shop in (calm, stormy):
        await shop.open(stage, gateway)
    for one in ("worker", "relay"):
        program.start("run", "--role", one, **settings)
    await program.start("run", "--role", "http", **settings).url()

    keeper.fail(Faults(skew=CLOCK_BEHIND))
    await asyncio.to_thread(calm.happens, range(ORDERS))
    await quiet(stage, calm)
    ended = await calm.ended(stage, ORDERS)

    keeper.fail(STORM)
    await asyncio.to_thread(stormy.happens, range(PART))
    keeper.leave(AWAY)
    await asyncio.to_thread(stormy.happens, range(PART, 2 * PART))
    (found,) = await _reconcile(program, settings, "--shop", stormy.domain)
    by_command = await _reconciled(stage)
    assert by_command == len(found["missing"]) > 0

    await asyncio.to_thread(stormy.happens, range(2 * PART, ORDERS))
    role = program.start("run", "--role", "reconcile", **settings)

    ((command_swept,),) = await stage.rows("watermarks", "swept_until")

    async def are_swept() -> bool:
        swept = [at for (at,) in await stage.rows("watermarks", "swept_until")]
        return len(swept) == len([calm, stormy]) and min(swept) > command_swept

    await until(are_swept, within=30)
    await quiet(stage, stormy)
    assert await _reconciled(stage) > by_command
    assert await stormy.ended(stage, ORDERS) == ended
    assert "orders were missing, and are taken in" in role.child.log_text
    _assert_course_has_all_ends(ended)
    for shop in (calm, stormy):
        report = shop.report
        assert report.throttled + report.too_many < report.asked / 100
        assert report.busiest_second <= 3 * REQUESTS  # two gather while nobody asks
        assert "app/uninstalled" in report.topics
    assert stormy.report.posted.dropped > 0


@pytest.mark.long
async def test_the_role_sweeps_again_after_as_long_as_it_is_told(
    stage: Stage, program: Program, keeper: Shopkeeper, tmp_path: Path
) -> None:
    shop = SweptShop(name="again", first_order=1, keeper=keeper)
    await shop.open(stage, NOWHERE)
    keeper.fail(Faults(dropped=1.0, skew=CLOCK_BEHIND))
    program.start(
        *("run", "--role", "reconcile"),
        SHOPIFY_ADMIN_ACCESS_FILE=access_file(tmp_path / "shops.json", [shop]),
        SHOPIFY_ADMIN_URL=f"{keeper.url}/shops/{{shop}}",
        REFERRALS_PUBLIC_URL=NOWHERE,
        REFERRALS_RECONCILE_SECONDS="1",
    )

    async def is_swept() -> bool:
        return bool(await stage.rows("watermarks", "1"))

    async def is_found() -> bool:
        return await _reconciled(stage) == KINDS

    await until(is_swept, within=30)
    await asyncio.to_thread(shop.happens, range(KINDS))
    await until(is_found)


async def test_told_to_stop_it_breaks_a_sweep_off_that_waits_for_shopify(
    program: Program, keeper: Shopkeeper, tmp_path: Path
) -> None:
    shop = SweptShop(name="away", first_order=1, keeper=keeper)
    keeper.leave(1e9)
    everything = program.start(
        "run",
        SHOPIFY_ADMIN_ACCESS_FILE=access_file(tmp_path / "shops.json", [shop]),
        SHOPIFY_ADMIN_URL=f"{keeper.url}/shops/{{shop}}",
        REFERRALS_PUBLIC_URL=NOWHERE,
    )
    await everything.says("^referrals-webhook reconcile ready$")
    everything.send(signal.SIGTERM)
    assert await everything.exit_code() == 0


async def test_the_command_tells_a_person_what_it_would_find_and_changes_nothing(
    stage: Stage,
    keeper: Shopkeeper,
    told: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    shop = SweptShop(name="dry", first_order=1, keeper=keeper)
    closed = SweptShop(name="closed", first_order=101, keeper=keeper)
    await shop.open(stage, NOWHERE)
    keeper.fail(Faults(dropped=1.0, skew=CLOCK_BEHIND))
    shop.happens(range(KINDS))
    told(shop, closed)

    with pytest.raises(SystemExit, match=f"^referrals-webhook: {closed.domain}: Shopify answers"):
        await asyncio.to_thread(main, ["reconcile", "--dry-run"])
    output = capsys.readouterr()
    head, row = (line.split() for line in output.out.splitlines())
    assert (
        dict(zip(head, row, strict=True)).items()
        >= {
            "shop": str(shop.domain),
            "counted": "10",
            "found": "10",
            "without_signal": "0",
            "known": "0",
            "missing": "10",
            "unreadable": "0",
            "not_subscribed": "app/uninstalled",
        }.items()
    )
    assert f"{shop.domain}: 10 of 10 orders, 10 missing\n" in output.err
    assert await stage.rows("deliveries") == []
    assert await stage.rows("watermarks") == []
    assert "app/uninstalled" not in shop.report.topics


async def test_the_command_sweeps_from_when_it_is_told_and_puts_subscriptions_back(
    stage: Stage,
    keeper: Shopkeeper,
    told: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    shop = SweptShop(name="late", first_order=1, keeper=keeper)
    await shop.open(stage, NOWHERE)
    told(shop)
    await asyncio.to_thread(main, ["reconcile", "--since", "2026-11-01", "--json"])
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["since"], found["found"]) == ("2026-11-01T00:00:00+00:00", 0)
    assert found["not_subscribed"] == ["app/uninstalled"]
    assert "app/uninstalled" in shop.report.topics


async def test_the_command_tells_in_one_line_that_it_has_no_tables(
    stage: Stage,
    keeper: Shopkeeper,
    told: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = SweptShop(name="lost", first_order=1, keeper=keeper)
    await shop.open(stage, NOWHERE)
    told(shop)
    monkeypatch.setenv("REFERRALS_DB_NAME", "postgres")
    with pytest.raises(SystemExit) as ended:
        await asyncio.to_thread(main, ["reconcile"])
    assert str(ended.value.code).startswith("referrals-webhook: PostgreSQL: UndefinedTableError; ")


async def _reconcile(program: Program, settings: dict[str, str], *words: str) -> list[Any]:
    command = program.start("reconcile", "--json", *words, **settings)
    assert await command.exit_code(within=30) == 0
    (line,) = [one for one in command.child.log_text.splitlines() if one.startswith("[")]
    answer: list[Any] = json.loads(line)
    return answer


async def _reconciled(stage: Stage) -> int:
    ((count,),) = await stage.rows("deliveries WHERE source = 'reconcile'", "count(*)")
    return int(count)


def _assert_course_has_all_ends(ended: dict[int, Ended]) -> None:
    """Without faults some of each kind end in every way, and only what completed is rewarded."""
    assert len(ended) == ORDERS
    rewards = {(one.status, one.net_reward) for one in ended.values()}
    assert rewards == {
        (ReferralStatus.COMPLETED, 1),
        (ReferralStatus.REVERSED, 0),
        (ReferralStatus.REJECTED, 0),
    }
