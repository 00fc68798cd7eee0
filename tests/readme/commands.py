"""
Commands of a page that a test must not run, because they install, stay up or write into the tree.

`.ci/run` and the tests of each program run most of them. Here is seen that the program exists
and would take the words. What stands in the midst of a sentence names a command and perhaps some
options of it; what stands in a block of its own is typed as it is.
"""

from __future__ import annotations

import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from referrals_adapters.shopify.payloads import READERS
from tests.commands.programs import COMMANDS, PARSERS
from tests.deployment.composition import services
from tests.readme.pages import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

_OPTIONAL: Final = re.compile(r"(?<!\S)\[|\](?!\S)")
_OURS: Final = re.compile(r"(?:\$REFERRALS/)?(?P<folder>packages/\w+)\[(?P<extra>\w+)\]")
_STANDS_FOR: Final = {"N": "2", "CODE": "7K2QM9XT3V"}
_INSTALLING_UV: Final = (
    "pip install uv",
    "python3 -m venv ~/.uv",
    "~/.uv/bin/pip install uv",
    "export PATH=~/.uv/bin:$PATH",
)
_PROGRAM: Final = re.compile(
    r"(?:[A-Z_]+=\S+ )?((?:uv |docker compose |pip |(?:\.ci/\w+|"
    + "|".join(PARSERS)
    + r")(?=$|\s)).*)"
)
_SPAN: Final = re.compile(r"(?<!`)`([^`]+)`(?!`)")


def require_understood(text: str) -> None:
    """Require that each command of a block exists, and would take its words."""
    for command in map(str.strip, re.split(r"&&|\n", text.strip())):
        if command not in _INSTALLING_UV:
            words = shlex.split(_OPTIONAL.sub("", command), comments=True)
            _require([_STANDS_FOR.get(word, word) for word in words], whole=True)


def named_commands(text: str) -> list[str]:
    """Return the commands that stand in the midst of sentences."""
    spans = (" ".join(span.split()) for span in _SPAN.findall(text))
    return [found[1] for span in spans if (found := _PROGRAM.match(span))]


def require_named(command: str) -> None:
    """Require that a command exists that a sentence names, and has the options named with it."""
    if command not in _INSTALLING_UV:
        words = shlex.split(_OPTIONAL.sub("", command))
        for chosen in itertools.product(*(word.split("|") for word in words)):
            _require([*chosen], whole=False)


def require_installable(requirement: str) -> None:
    """Require that a distribution of this repository has the extra that is asked for."""
    asked = _OURS.fullmatch(requirement)
    assert asked, f"{requirement} is nothing of ours"
    project = tomllib.loads((ROOT / asked["folder"] / "pyproject.toml").read_text())["project"]
    assert asked["extra"] in project["optional-dependencies"]


def _require(words: Sequence[str], *, whole: bool) -> None:
    program, *rest = _without_uv(words)
    for file in (word for word in rest if "/" in word and word not in READERS):  # or a topic
        _require_file(file.partition("[")[0])  # or what is to be installed, with an extra
    match program, rest:
        case (("referrals-sandbox" | "referrals-grpc" | "referrals-webhook"), _):
            _require_ours(program, rest, whole=whole)
        case "uv", [command, *_]:
            _require_options(command, rest)
        case "python", ["-m", run, *_] | [run, *_]:
            assert '__name__ == "__main__"' in _code(run)
        case "pip", ["install", requirement]:
            require_installable(requirement)
        case "cp", [file, _]:
            _require_file(file)
        case "docker", ["compose", "up", *_]:
            assert {one.partition("=")[0] for one in rest if "=" in one} <= services().keys()
        case "pytest", ["-m", mark]:
            assert mark in [one.partition(":")[0] for one in _project("pytest")["markers"]]
        case (("pytest" | "lint-imports" | "mypy" | "ruff"), _):
            assert shutil.which(program, path=Path(sys.executable).parent), f"{program} is missing"
        case _:
            assert program.startswith(".ci/"), f"nobody runs `{program}`"
            assert os.access(ROOT / program, os.X_OK), f"{program} cannot be run"


def _require_ours(program: str, rest: Sequence[str], *, whole: bool) -> None:
    """Require that a program of ours takes the words, or else has the command and its options."""
    if whole:
        PARSERS[program]().parse_args(rest)
        return
    typed = (program, *itertools.takewhile(lambda word: not word.startswith("-"), rest))
    (command,) = (one for one in COMMANDS if one.words == typed)
    options = {word for word in rest if word.startswith("-")}
    assert options <= {*command.options, "--help"}, f"{command} has none of {options}"


def _without_uv(words: Sequence[str]) -> list[str]:
    """Return what uv runs, if it runs anything; its group and its project are ours."""
    if words[:2] != ["uv", "run"]:
        return [*words]
    match words[2:]:
        case ["--group", group, *rest]:
            assert group in _project("groups")
        case ["--directory", folder, *rest]:
            _require_file(f"{folder}/pyproject.toml")
        case rest:
            pass
    return [*rest]


def _require_options(command: str, rest: Sequence[str]) -> None:
    uv = os.environ.get("UV") or shutil.which("uv")
    assert uv, "uv is on the PATH, or this runs under `uv run`"
    told = subprocess.run([uv, command, "--help"], capture_output=True, text=True, check=True)  # noqa: S603 - uv
    for option in (word for word in rest if word.startswith("--")):
        assert re.search(rf"{option}\b", told.stdout), f"uv {command} has no {option}"


def _require_file(file: str) -> None:
    assert (ROOT / file).exists(), f"there is no file {file}"


def _code(run: str) -> str:
    """Return the text of what Python runs: a file, a module, or a package's `__main__`."""
    found = ROOT / (run if run.endswith(".py") else run.replace(".", "/"))
    return (found / "__main__.py" if found.is_dir() else found.with_suffix(".py")).read_text()


@cache
def _project(part: str) -> Any:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {
        "groups": project["dependency-groups"],
        "pytest": project["tool"]["pytest"]["ini_options"],
    }[part]
