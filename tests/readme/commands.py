"""
Commands of a page that a test must not run, because they install, stay up or write into the tree.

`.ci/run` and the tests of each program run most of them. Here is seen that the program exists
and would take the words.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

from referrals_adapters.shopify.payloads import READERS
from tests.commands.programs import PARSERS
from tests.readme.pages import ROOT

_OPTIONAL: Final = str.maketrans("", "", "[]")
_STANDS_FOR: Final = {"N": "2", "CODE": "7K2QM9XT3V"}
_INSTALLING_UV: Final = (
    "pip install uv",
    "python3 -m venv ~/.uv",
    "~/.uv/bin/pip install uv",
    "export PATH=~/.uv/bin:$PATH",
)


def require_understood(text: str) -> None:
    """Require that each command of a block exists, and would take its words."""
    for command in map(str.strip, re.split(r"&&|\n", text.strip())):
        if command not in _INSTALLING_UV:
            _require(shlex.split(command.translate(_OPTIONAL), comments=True))


def _require(words: list[str]) -> None:
    program, *rest = words[2:] if words[:2] == ["uv", "run"] else words
    for file in (word for word in rest if "/" in word and word not in READERS):  # or a topic
        _require_file(file)
    match program, rest:
        case (("referrals-sandbox" | "referrals-grpc" | "referrals-webhook"), _):
            PARSERS[program]().parse_args([_STANDS_FOR.get(word, word) for word in rest])
        case "python", ["-m", module, *_]:
            assert '__name__ == "__main__"' in _require_file(f"{module.replace('.', '/')}.py")
        case "python", [file, *_]:
            assert '__name__ == "__main__"' in _require_file(file)
        case "cp", [file, _]:
            _require_file(file)
        case "docker", ["compose", "up", *_]:
            _require_file("docker-compose.yml")
        case (("pytest" | "lint-imports"), _):
            assert shutil.which(program, path=Path(sys.executable).parent), f"{program} is missing"
        case _:
            raise AssertionError(f"nobody runs `{program}`")


def _require_file(file: str) -> str:
    assert (ROOT / file).is_file(), f"there is no file {file}"
    return (ROOT / file).read_text()
