"""Blocks that are not run: what each must agree with, by the heading that it stands under."""

from __future__ import annotations

import asyncio
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.shopify.access import AccessFile, Plan
from referrals_adapters.shopify.privacy import PRIVACY_READERS
from referrals_domain.model.events import ReferralEvent
from referrals_domain.model.funnel import USUAL_DAYS
from referrals_sandbox.neighbours.shopify import API_VERSION
from referrals_webhook.role import Role
from referrals_webhook.storefront import PATH
from tests.architecture.house import (
    DOWNSTREAM,
    copied,
    downstream_copied,
    lint,
    lint_downstream,
)
from tests.architecture.picture import PAGE, drawn
from tests.postgres.large_funnel import INDEXES, scans
from tests.readme.links import require_urls
from tests.readme.pages import ROOT, Block, table
from tests.readme.shopify import paths

if TYPE_CHECKING:
    from pathlib import Path

Holding: TypeAlias = Callable[[Block, "Path"], None]
"""Requires that a block is true; the folder is empty."""

_NODE: Final = r"\w+(?:\[[^\[\]()]+\]|\[\([^\[\]()]+\)\])?"
_ARROW: Final = r"(?:-->|-- [^>]+ -->|-\. [^>]+ \.->)"
_LINE: Final = re.compile(
    rf"flowchart (?:LR|TD)|subgraph {_NODE}|end|{_NODE}(?: {_ARROW} {_NODE})?"
)
_CALLS: Final = {one.name for one in pb.DESCRIPTOR.services_by_name["ReferralsService"].methods}
_EVENTS: Final = {event.type for event in ReferralEvent.__subclasses__()}


def _require_script(block: Block, _: Path) -> None:
    assert f'src="https://referrals.example.com{PATH}"' in block.text


def _require_plan(block: Block, _: Path) -> None:
    """Require that a plan is one that the measurement accepts, and tells what its table does."""
    (referrals,) = (
        row[1] for row in table(ROOT / block.page, block.section) if row[0] == f"{USUAL_DAYS}"
    )
    assert scans(block.text) == [(INDEXES[0], int(referrals.replace(",", "")))]


def _require_subscriptions(block: Block, _: Path) -> None:
    webhooks = tomllib.loads(block.text)["webhooks"]
    subscribed = {
        topic: one["uri"]
        for one in webhooks["subscriptions"]
        for topic in one.get("compliance_topics") or one["topics"]
    }
    by_law = [one for one in webhooks["subscriptions"] if "compliance_topics" in one]
    assert [topic for one in by_law for topic in one["compliance_topics"]] == [*PRIVACY_READERS]
    host, taken = "https://referrals.example.com", asyncio.run(paths())
    assert subscribed == {path.removeprefix("/"): f"{host}{path}" for path in taken}
    assert webhooks["api_version"] == API_VERSION


def _require_access(block: Block, folder: Path) -> None:
    """Require that the file of what shops let us ask is one, with nothing that stays untold."""
    file = folder / "access.json"
    file.write_text(block.text)
    (access,) = AccessFile(file).shops().values()
    assert access.plan is not Plan.STANDARD


def _require_a_wall(block: Block, folder: Path) -> None:
    """Have the house keep a new contract, and what it forbids break it."""
    (contract,) = tomllib.loads(block.text)["tool"]["importlinter"]["contracts"]
    copied(folder)
    with (folder / "pyproject.toml").open("a") as house:
        house.write(f"\n{block.text}")
    assert f"{contract['name']} KEPT" in lint(folder).stdout
    (source,), (forbidden,) = contract["source_modules"], contract["forbidden_modules"]
    (file,) = folder.glob(f"*/*/src/{source.replace('.', '/')}.py")
    file.write_text(f"{file.read_text()}\nimport {forbidden}\n")
    report = lint(folder).stdout
    assert f"{contract['name']} BROKEN" in report
    assert contract["broken_contract_guidance"].strip() in report


def _require_walls_of_others(block: Block, folder: Path) -> None:
    """Have another team's application keep the contract, and what it must not do break it."""
    downstream_copied(folder)
    application = folder / DOWNSTREAM
    (application / "pyproject.toml").write_text(block.text)
    assert "1 kept, 0 broken" in lint_downstream(folder).stdout
    with (application / "src/best_advocates/standing.py").open("a") as module:
        module.write("\nfrom referrals_domain.testing import builders\n")
    assert "0 kept, 1 broken" in lint_downstream(folder).stdout


def _require_house(block: Block, _: Path) -> None:
    assert block.text in drawn(PAGE.read_text())


def _require_flow(block: Block, _: Path) -> None:
    """Require that a picture of what goes where has every role, and names what there is."""
    lines = [line.strip() for line in block.text.splitlines()]
    assert [line for line in lines if not _LINE.fullmatch(line)] == []
    assert set(re.findall(r"\[webhook: (\w+)\]", block.text)) == set(Role)
    assert set(re.findall(r"/\w+/\w+", block.text)) <= asyncio.run(paths())
    assert set(re.findall(r"referral\.\w+", block.text)) <= _EVENTS
    assert set(re.findall(r"Get\w+", block.text)) <= _CALLS


def _require_boundaries(block: Block, folder: Path) -> None:
    """Require that what crosses a boundary of the picture is told in the table below it."""
    _require_flow(block, folder)
    told = {row[0].split()[0] for row in table(ROOT / block.page, block.section)}
    assert set(re.findall(r"-- \"?(\d+)", block.text)) == told


def _require_urls(block: Block, _: Path) -> None:
    require_urls(block.text)


HELD: Final[Mapping[tuple[str, str], Holding]] = {
    ("Architects", "toml"): _require_a_wall,
    ("How it is opened", "text"): _require_urls,
    ("Links", "text"): _require_urls,
    ("Put it into the theme", "html"): _require_script,
    ("Referrals", "mermaid"): _require_flow,
    ("Teams that import the domain", "toml"): _require_walls_of_others,
    ("The Shopify app's owner", "toml"): _require_subscriptions,
    ("The house", "mermaid"): _require_house,
    ("Trust boundaries", "mermaid"): _require_boundaries,
    ("What it costs", "text"): _require_plan,
    ("Where a friend lands", "text"): _require_urls,
    ("Which shops", "json"): _require_access,
}
"""What holds the blocks of a heading and language."""
