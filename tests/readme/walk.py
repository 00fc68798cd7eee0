"""A page that is followed from top to bottom, in a folder that its blocks fill."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from tests.readme.commands import require_installable
from tests.readme.pages import ROOT

if TYPE_CHECKING:
    from tests.readme.pages import Block

_FILE: Final = re.compile(r"# ([\w.]+)\n")
_VARIABLES: Final = {"REFERRALS": str(ROOT), "COLUMNS": "100", "PYTHONDONTWRITEBYTECODE": "1"}
_NO_OTHER_PLUGIN: Final = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_PLUGINS": "pytest_asyncio.plugin,referrals_domain.testing.laws",
}
"""So that pytest has what is installed with the extra `testing`, and no more."""

_WITHIN: Final = 120.0  # seconds; installing takes the most


@attrs.frozen
class Walk:
    """
    A reader at work.

    Args:
        folder: The folder, empty at first.
        installs: Whether they install what the page says; else they have what this process has.
    """

    folder: Path
    installs: bool

    def follow(self, block: Block) -> None:
        """Write a block into the file that its first line names, or run it."""
        file = _FILE.match(block.text)
        if file:
            (self.folder / file[1]).write_text(block.text)
        elif block.language == "bash":
            self._run(block)
        else:
            raise AssertionError(f"it is neither a file nor commands: {block}")

    def _run(self, block: Block) -> None:
        if block.text.startswith("python3 -m venv") and not self.installs:
            *_, requirement = shlex.split(block.text)
            require_installable(requirement)
            return
        done = subprocess.run(  # noqa: S603 - what our own page tells people to do
            ["bash", "-uc" if block.output else "-euc", block.text],  # noqa: S607 - the machine's
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_WITHIN,
        )
        told = done.stdout + done.stderr
        if block.output is None:
            assert done.returncode == 0, told
        else:  # which tells of failures, too
            same = OutputChecker().check_output(block.output, done.stdout, ELLIPSIS)
            assert same, f"{block} prints:\n{told}"

    @property
    def _environment(self) -> dict[str, str]:
        programs = self.folder / ".venv" / "bin" if self.installs else Path(sys.executable).parent
        path = os.pathsep.join([str(programs), os.environ["PATH"]])
        return {"PATH": path, **_VARIABLES, **({} if self.installs else _NO_OTHER_PLUGIN)}
