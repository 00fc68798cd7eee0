"""Who follows the tutorial sees what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.readme.pages import TUTORIAL, blocks
from tests.readme.walk import Walk

if TYPE_CHECKING:
    from pathlib import Path

STEPS = [block for block in blocks() if block.page == TUTORIAL]


def test_every_step_does_what_the_tutorial_says(tmp_path: Path) -> None:
    walk = Walk(tmp_path, installs=False)
    for step in STEPS:
        walk.follow(step)


@pytest.mark.long
@pytest.mark.timeout(180)
def test_every_step_works_with_what_the_tutorial_installs(tmp_path: Path) -> None:
    walk = Walk(tmp_path, installs=True)
    for step in STEPS:
        walk.follow(step)
