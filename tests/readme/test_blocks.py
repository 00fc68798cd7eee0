"""Every fenced block of the pages does what its page says; one that nobody runs fails."""

from __future__ import annotations

import os
import re
import shutil
from doctest import ELLIPSIS, OutputChecker
from typing import TYPE_CHECKING

import pytest

from referrals_sandbox.composition.running import running
from tests.readme.commands import named_commands, require_named, require_understood
from tests.readme.examples import Ground, variables
from tests.readme.held import HELD
from tests.readme.pages import PAGES, ROOT, TUTORIAL, Block, blocks, prose

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.async_api import Page

FRONTENDS = "Frontends"
BLOCKS = list(blocks())
NAMED = sorted({command for page in PAGES for command in named_commands(prose(page))})
IN_A_BROWSER = [block for block in BLOCKS if block.language == "javascript"]
OTHERS = [
    block
    for block in BLOCKS
    if block not in IN_A_BROWSER
    and not block.page.startswith((TUTORIAL, "examples/"))  # test_tutorial.py and tests/examples
]


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_stands_in_fences_alone(page: Path) -> None:
    text = prose(page)
    assert not re.search(r"\n\n(?: {4}|\t)(?![-*\d ])", text), "an indented block is code, too"
    assert not re.search(r"<(?:pre|code)\b", text), "so is this"
    assert text.count("`") % 2 == 0, "a span of code has no end"


def test_nothing_is_held_that_no_page_has() -> None:
    assert HELD.keys() <= {(block.section, block.language) for block in BLOCKS}


@pytest.mark.parametrize("command", NAMED)
def test_a_command_that_a_sentence_names_is_there(command: str) -> None:
    require_named(command)


@pytest.mark.parametrize("block", OTHERS, ids=str)
def test_a_block_does_what_its_page_says(
    block: Block, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    known = request.getfixturevalue("for_frontends") if block.section == FRONTENDS else {}
    ground, printed = Ground(tmp_path, known), ""
    match block.section, block.language:
        case _, "python":
            printed = ground.python(block.text)
        case "Frontends", "bash":
            if "CI" not in os.environ and not shutil.which("curl"):
                pytest.skip("curl is not installed")
            printed = ground.shell(block.text)
        case _, "bash" | "":
            require_understood(block.text)
        case held if held in HELD:
            HELD[held](block, tmp_path)
        case _:
            pytest.fail("nobody holds this block")
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
