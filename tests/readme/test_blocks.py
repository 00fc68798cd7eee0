"""Every fenced block of the pages does what its page says; one that nobody runs fails."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from doctest import ELLIPSIS, OutputChecker
from typing import TYPE_CHECKING

import pytest

from referrals_adapters.shopify.access import AccessFile, Plan
from referrals_adapters.shopify.privacy import PRIVACY_READERS
from referrals_sandbox.composition.running import running
from referrals_sandbox.neighbours.shopify import API_VERSION
from referrals_webhook.role import Role
from referrals_webhook.storefront import PATH
from tests.architecture.house import copied, lint
from tests.architecture.picture import PAGE, drawn
from tests.readme.commands import require_understood
from tests.readme.examples import Ground, variables
from tests.readme.links import require_urls
from tests.readme.pages import PAGES, ROOT, TUTORIAL, Block, blocks
from tests.readme.shopify import paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.async_api import Page

FRONTENDS = "Frontends"
BLOCKS = list(blocks())
IN_A_BROWSER = [block for block in BLOCKS if block.language == "javascript"]
OTHERS = [block for block in BLOCKS if block not in IN_A_BROWSER and block.page != TUTORIAL]


@pytest.fixture(scope="module")
def for_frontends() -> Iterator[dict[str, str]]:
    """The variables of a running sandbox, for the examples that need one."""
    with running() as sandbox:
        yield variables(sandbox)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_fence_of_a_page_is_seen(page: Path) -> None:
    fences = re.findall(r"^\s*(?:```|~~~)", page.read_text(), re.MULTILINE)
    own = [block for block in BLOCKS if block.page == str(page.relative_to(ROOT))]
    outputs = [block for block in own if block.output is not None]
    assert len(fences) == 2 * (len(own) + len(outputs))


@pytest.mark.parametrize("block", OTHERS, ids=str)
async def test_a_block_does_what_its_page_says(
    block: Block, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    known = request.getfixturevalue("for_frontends") if block.section == FRONTENDS else {}
    ground = Ground(tmp_path, known)
    printed = ""
    match block.section, block.language:
        case _, "python":
            printed = ground.python(block.text)
        case "Put it into the theme", "html":
            assert f'src="https://referrals.example.com{PATH}"' in block.text
        case "Frontends", "bash":
            if "CI" not in os.environ and not shutil.which("curl"):
                pytest.skip("curl is not installed")
            printed = ground.shell(block.text)
        case _, "bash" | "":
            require_understood(block.text)
        case (("Links" | "Where a friend lands" | "How it is opened"), "text"):
            require_urls(block.text)
        case "The Shopify app's owner", "toml":
            await require_subscriptions(block)
        case (("Architects" | "Which shops"), "toml" | "json"):
            require = require_a_wall if block.language == "toml" else require_access
            require(block, tmp_path)
        case (("The house" | "Referrals" | "Trust boundaries"), "mermaid"):
            require_picture(block)
        case _:
            pytest.fail("nobody runs this block")
    require_printed(block, printed)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("block", IN_A_BROWSER, ids=str)
async def test_a_block_for_browsers_does_what_its_page_says(
    block: Block, tmp_path: Path, for_frontends: dict[str, str], page: Page
) -> None:
    _, _, port = for_frontends["GATEWAY"].rpartition(":")
    await page.goto(f"http://localhost:{port}/healthz")  # another origin, which the sandbox lists
    printed = await Ground(tmp_path, for_frontends).javascript(block.text, page)
    require_printed(block, printed)


def require_printed(block: Block, printed: str) -> None:
    same = OutputChecker().check_output(block.output or "", printed, ELLIPSIS)
    assert same, f"it prints:\n{printed}"


def require_picture(block: Block) -> None:
    """Require that a picture shows what there is."""
    if block.section == "The house":
        assert block.text in drawn(PAGE.read_text())
    else:
        assert set(re.findall(r"\[webhook: (\w+)\]", block.text)) == set(Role)


async def require_subscriptions(block: Block) -> None:
    webhooks = tomllib.loads(block.text)["webhooks"]
    subscribed = {
        topic: one["uri"]
        for one in webhooks["subscriptions"]
        for topic in one.get("compliance_topics") or one["topics"]
    }
    by_law = [one for one in webhooks["subscriptions"] if "compliance_topics" in one]
    assert [topic for one in by_law for topic in one["compliance_topics"]] == [*PRIVACY_READERS]
    host = "https://referrals.example.com"
    assert subscribed == {path.removeprefix("/"): f"{host}{path}" for path in await paths()}
    assert webhooks["api_version"] == API_VERSION


def require_access(block: Block, folder: Path) -> None:
    """Require that the file of what shops let us ask is one, with nothing that stays untold."""
    file = folder / "access.json"
    file.write_text(block.text)
    (access,) = AccessFile(file).shops().values()
    assert access.plan is not Plan.STANDARD


def require_a_wall(block: Block, folder: Path) -> None:
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
