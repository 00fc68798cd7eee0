"""The story holds, is told, and leaves nothing behind however it ends."""

from __future__ import annotations

import asyncio
import io
import json
import re
import shlex
import signal
import socket
import sys
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import attrs
import httpx
import pytest
from rich.console import Console

from referrals_domain.model.events import ReferralCompleted, ReferralReversed
from referrals_sandbox.composition.progress import Silence
from referrals_sandbox.playing import as_json, stay
from referrals_sandbox.servers.command import Command
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.ports import free_port
from referrals_sandbox.servers.supervisor import supervising
from referrals_sandbox.story import checks, reversal
from referrals_sandbox.story.checks import CHECKS, Completed
from referrals_sandbox.story.farewell import by_hand, merchant_page
from referrals_sandbox.story.patience import until as look_until
from referrals_sandbox.story.play import play
from referrals_sandbox.story.reversal import Reversed, play_reversal
from referrals_sandbox.story.telling import Telling
from tests.broker import of_record, records
from tests.events.contract import Contract
from tests.sandbox.cli import ENDS_WITHIN, until

if TYPE_CHECKING:
    from pathlib import Path

    from referrals_sandbox.composition.description import Description
    from tests.sandbox.cli import Cli

STEPS = [
    *("servers", "neighbours", "schema", "services", "program", "link", "share", "pending"),
    *("order", "completed", "points", "rfm analytics", "admincore", "postgresql", "redis"),
    *("next order", "refund", "reversed", "in words", "points", "rfm analytics", "admincore"),
]
PROMISED = {
    *(
        "grpc",
        "webhook",
        "gateway",
        "database_url",
        "redis_url",
        "kafka",
        "merchant_id",
        "shop_domain",
    ),
    *("token", "shopify_secret", "referral_link_code", "merchant_page"),
}
EVENTS = [ReferralCompleted, ReferralReversed]
STEP = re.compile(r"^ok +\d+\.\d\d s  (\S+(?: \S+)?) {2,}\S", re.MULTILINE)
UV = """#!/bin/sh
"$@"
exit $?
"""


@pytest.fixture(scope="module")
def completed(sandbox: Description) -> Completed:
    """A referral of a story that was played in the running sandbox, before its gateway."""
    nowhere = f"127.0.0.1:{free_port()}"
    front = attrs.evolve(sandbox, grpc=nowhere, webhook=f"http://{nowhere}")
    return play(front, Silence())


@pytest.fixture(scope="module")
def undone(sandbox: Description) -> Reversed:
    """A referral whose order was refunded in the running sandbox."""
    return play_reversal(sandbox, Silence())


@pytest.mark.long
def test_every_step_holds_also_where_neighbours_answer_on_short_paths(cli: Cli) -> None:
    told = cli.run(
        "--once",
        "--describe",
        cli.described,
        AUTH_GRPC_SERVICE="auth.v1",
        CORE_GRPC_SERVICE="core.v1",
        PGSSLMODE="verify-full",  # of somebody's other database
    )
    assert told.stderr == ""
    assert told.returncode == 0
    assert STEP.findall(told.stdout) == STEPS, told.stdout
    assert json.loads(cli.described.read_text()).keys() >= PROMISED
    assert list(cli.temp.iterdir()) == [cli.described]


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_the_description_has_what_was_promised(sandbox: Description, name: str) -> None:
    assert isinstance(getattr(sandbox, name), str)
    assert getattr(sandbox, name)


def test_everything_described_listens(sandbox: Description) -> None:
    places = (
        *(sandbox.grpc, sandbox.webhook, sandbox.database_url, sandbox.redis_url, sandbox.kafka),
        sandbox.gateway,
        *(sandbox.auth, sandbox.core, sandbox.points, sandbox.rfm_analytics, sandbox.admincore),
    )
    for place in places:
        match = re.search(r"([\w.]+):(\d+)(/|$)", place)
        assert match, place
        socket.create_connection((match[1], int(match[2])), timeout=1).close()


def test_the_curl_that_it_prints_shows_the_referral(
    sandbox: Description, completed: Completed
) -> None:
    told = by_hand(sandbox, completed)
    assert sandbox.grpc not in told
    words = shlex.split(told[told.index("  curl ") :].replace("\\\n", ""))
    command, _, header, _, data, url = words
    assert command == "curl"
    assert url == f"{sandbox.gateway}/referrals.v1/GetReferralStatus"
    headers = dict([header.split(": ", 1)]) | {"content-type": "application/x-www-form-urlencoded"}
    answer = httpx.post(url, content=data, headers=headers, trust_env=False)
    assert answer.json()["status"] == "REFERRAL_STATUS_COMPLETED"


def test_the_merchant_page_that_it_prints_is_there_and_hands_over_the_token(
    sandbox: Description,
) -> None:
    *_, address = merchant_page(sandbox).split()
    url = urlsplit(address)
    handed = {"token": [sandbox.token], "merchant": [sandbox.merchant_id]}
    assert (url.query, parse_qs(url.fragment)) == ("", handed)
    page = httpx.get(address, trust_env=False)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert sandbox.token not in repr(sandbox)


@pytest.mark.parametrize("place", ["points", "admincore", "postgresql", "redis"])
def test_a_check_refuses_the_marks_of_another_version(
    sandbox: Description, completed: Completed, place: str
) -> None:
    other = attrs.evolve(completed, version=completed.version + 1)
    with pytest.raises(SandboxError):
        CHECKS[place](sandbox, other)


def test_rfm_analytics_must_have_acted_on_what_points_announced(
    sandbox: Description, completed: Completed
) -> None:
    deaf = attrs.evolve(sandbox, rfm_analytics=sandbox.admincore)
    with pytest.raises(SandboxError, match="RFM Analytics heard another"):
        checks.rfm_analytics(deaf, completed)


@pytest.mark.parametrize("place", ["points", "admincore"])
def test_a_check_refuses_the_marks_of_another_reversal(
    sandbox: Description, undone: Reversed, place: str
) -> None:
    other = attrs.evolve(undone, version=undone.version + 1)
    with pytest.raises(SandboxError, match="heard"):
        reversal.CHECKS[place](sandbox, other)


def test_rfm_analytics_must_have_acted_on_the_debit_that_points_announced(
    sandbox: Description, undone: Reversed
) -> None:
    deaf = attrs.evolve(sandbox, rfm_analytics=sandbox.admincore)
    with pytest.raises(SandboxError, match="RFM Analytics heard"):
        reversal.rfm_analytics(deaf, undone)


async def test_what_the_relay_published_keeps_the_contract(
    sandbox: Description, undone: Reversed
) -> None:
    for event in EVENTS:
        lying = map(of_record, await records(sandbox.kafka, event.type))
        (message,) = (one for one in lying if one.key == undone.referral_id.encode())
        assert Contract.read().exact().faults(message) == []


def test_a_reward_and_its_reversal_are_each_announced_once(
    sandbox: Description, undone: Reversed
) -> None:
    async def announced() -> list[str]:
        lying = [await records(sandbox.kafka, event.type) for event in EVENTS]
        about = undone.referral_id.encode()
        return [
            dict(record.headers)["ce_id"].decode()
            for record in chain(*lying)
            if record.key == about
        ]

    assert asyncio.run(announced()) == undone.event_ids


def test_a_program_reads_what_held_as_json(sandbox: Description) -> None:
    telling = Telling(Console(file=io.StringIO()))
    with telling.step("link") as say:
        say("CreateReferralLink")
        say("once")
    document = json.loads(as_json(telling, sandbox))
    (step,) = document["steps"]
    assert (step["title"], step["said"]) == ("link", "CreateReferralLink; once")
    assert 0 <= step["seconds"] <= document["seconds"]
    assert document["sandbox"].keys() >= PROMISED


def test_what_does_not_happen_in_time_fails_a_step() -> None:
    with pytest.raises(SandboxError, match=r"did not hear of it within 0\.05 s"):
        look_until(lambda: None, otherwise="Points did not hear of it", within=0.05)


@pytest.mark.long
@pytest.mark.parametrize(("by", "exit_code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_nothing_remains_of_a_sandbox_that_is_ended_while_it_starts(
    cli: Cli, by: signal.Signals, exit_code: int
) -> None:
    with cli.running() as running:
        running.until_it_starts_services()
        processes = running.descendants()
        assert running.end(by) == exit_code
        assert running.remains(processes) == []


@pytest.mark.long
def test_nothing_remains_of_a_sandbox_that_is_killed(cli: Cli) -> None:
    with cli.running() as running:
        running.description()
        processes = running.descendants()
        assert running.end(signal.SIGKILL) == -signal.SIGKILL
        until(lambda: running.remains(processes) == [], within=ENDS_WITHIN)
    assert len(processes) > 12


@pytest.mark.long
def test_nothing_remains_when_the_uv_above_it_is_killed(cli: Cli, tmp_path: Path) -> None:
    uv = tmp_path / "uv"
    uv.write_text(UV)
    uv.chmod(0o700)
    with cli.running(under=uv) as running:
        running.until_it_starts_services()
        processes = running.descendants()
        running.end(signal.SIGKILL)
        until(lambda: running.remains(processes) == [], within=ENDS_WITHIN)


def test_a_process_that_ends_by_itself_is_named() -> None:
    with supervising() as supervisor:
        says_why = (sys.executable, "-c", "import sys; sys.exit('out of luck')")
        child = supervisor.launch(Command(name="points", argv=says_why))
        with pytest.raises(SandboxError, match=r"points ended with exit code 1 \(out of luck\)"):
            stay([child])


@pytest.mark.parametrize("option", ["--grpc-port", "--webhook-port"])
def test_a_taken_port_is_named(cli: Cli, sandbox: Description, option: str) -> None:
    port = sandbox.grpc.rpartition(":")[2]
    failed = cli.run("--once", option, port)
    assert failed.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}: the port is taken" in failed.stderr
    assert failed.stderr.count("\n") == 1
    assert failed.stdout == ""


def test_a_folder_that_is_not_there_is_named_before_anything_starts(cli: Cli) -> None:
    failed = cli.run("--once", "--describe", cli.temp / "nowhere" / "file")
    assert failed.returncode == 1
    assert "there is no folder" in failed.stderr
    assert failed.stdout == ""


def test_what_is_no_file_is_not_removed(cli: Cli) -> None:
    (cli.temp / "folder").mkdir()
    failed = cli.run("--once", "--describe", cli.temp / "folder")
    assert failed.returncode == 1
    assert "it is no regular file" in failed.stderr
    assert (cli.temp / "folder").is_dir()


def test_a_program_that_fails_is_told_in_one_line(cli: Cli, sandbox: Description) -> None:
    database = urlsplit(sandbox.database_url)
    failed = cli.run(
        "--once",
        REFERRALS_DB_HOST=database.hostname or "",
        REFERRALS_DB_PORT=str(database.port),
        REFERRALS_DB_USER=database.username or "",
        REFERRALS_DB_PASSWORD="wrong",
    )
    assert failed.returncode == 1
    assert failed.stderr.startswith(
        "referrals-sandbox: migrate failed with exit code 1 "
        "(referrals-webhook: PostgreSQL: InvalidPasswordError; see that it runs, that "
        "REFERRALS_DB_HOST and what belongs to it are right, "
    )
    assert failed.stderr.count("\n") == 1
    assert list(cli.temp.iterdir()) == []
