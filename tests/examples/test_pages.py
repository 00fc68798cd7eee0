"""The page of each example does what it says, in the environment of the example."""

from __future__ import annotations

import os
from typing import Final

import pytest

from tests.readme.commands import require_understood
from tests.readme.examples import Ground
from tests.readme.pages import ROOT, Block, blocks

PAGES: Final = sorted(ROOT.glob("examples/*/README.md"))
BLOCKS: Final = list(blocks(PAGES))


def test_every_example_has_a_page_and_locks_what_it_installs() -> None:
    examples = [page.parent for page in ROOT.glob("examples/*/pyproject.toml")]
    assert sorted(examples) == [page.parent for page in PAGES]
    assert all((example / "uv.lock").is_file() for example in examples)


@pytest.mark.long
@pytest.mark.parametrize("block", [one for one in BLOCKS if one.output], ids=str)
def test_a_command_prints_what_its_page_says(block: Block) -> None:
    assert Ground(ROOT, {"HOME": os.environ["HOME"]}).shell(block.text) == block.output


@pytest.mark.parametrize("block", [one for one in BLOCKS if not one.output], ids=str)
def test_every_other_block_has_commands_that_are_there(block: Block) -> None:
    assert block.language in {"", "bash"}
    require_understood(block.text)
