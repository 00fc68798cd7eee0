"""The schemas keep their style, and the committed Python code is what they generate."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROTO = ROOT / "proto"
SOURCES = Path("packages/referrals_adapters/src")
SOURCE_ROOT = ROOT / SOURCES
PACKAGE = Path("referrals_adapters/grpc/pb")
DESCRIPTORS = Path("gateway/referrals.binpb")
BUF = Path(sysconfig.get_path("scripts")) / "buf"
MODULES = sorted(
    ".".join(path.relative_to(SOURCE_ROOT).with_suffix("").parts)
    for path in (SOURCE_ROOT / PACKAGE).rglob("*_pb2*.py")
)


def test_the_committed_code_is_what_the_schemas_generate(tmp_path: Path) -> None:
    run(sys.executable, PROTO / "generate.py", tmp_path)

    committed, generated = contents(SOURCE_ROOT / PACKAGE), contents(tmp_path / SOURCES / PACKAGE)
    assert committed.keys() == generated.keys()
    assert [name for name in generated if committed[name] != generated[name]] == []
    assert (ROOT / DESCRIPTORS).read_bytes() == (tmp_path / DESCRIPTORS).read_bytes()


def test_generating_removes_the_code_of_schemas_that_are_gone(tmp_path: Path) -> None:
    stale = tmp_path / SOURCES / PACKAGE / "gone" / "v1" / "gone_pb2.py"
    stale.parent.mkdir(parents=True)
    stale.write_text("", encoding="utf-8")

    run(sys.executable, PROTO / "generate.py", tmp_path)

    assert not stale.exists()


@pytest.mark.parametrize("module", MODULES)
def test_the_generated_code_imports_without_warnings(module: str) -> None:
    run(sys.executable, "-W", "error", "-c", f"import {module}")


def test_the_schemas_follow_the_rules_of_buf() -> None:
    run(BUF, "lint", PROTO)


def test_everything_in_the_schemas_has_a_comment() -> None:
    run(BUF, "lint", PROTO, "--config", '{"version": "v2", "lint": {"use": ["COMMENTS"]}}')


def test_the_schemas_are_formatted() -> None:
    run(BUF, "format", PROTO, "--diff", "--exit-code")


def run(*command: str | Path) -> None:
    """Fail with what the command said unless it succeeds."""
    completed = subprocess.run(  # noqa: S603 - the arguments are this checkout's own paths
        command, capture_output=True, text=True, check=False
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr


def contents(package: Path) -> dict[Path, bytes]:
    """Return every file of a package by its name; caches of the interpreter are no part of it."""
    return {
        path.relative_to(package): path.read_bytes()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
