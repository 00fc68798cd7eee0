"""
Fuzz all that stands between the bytes of a webhook and a decided referral.

`uv run python -m tests.fuzz --seconds 600`
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from tests.fuzz.calls import seeds
from tests.fuzz.planted import PLANTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

TOLD_EVERY: Final = 10.0  # seconds
LONGEST: Final = 1 << 14
"""Bytes of an input; what is longer is tried by tests of its own."""

_LIMITS: Final = (f"-max_len={LONGEST}", "-timeout=5")  # seconds for one input
_STATUS: Final = re.compile(r"#(\d+)\t.*\bcov: (\d+) .*\bcorp: (\d+)/(\S+)")
_FOUND: Final = ("crash-*", "timeout-*", "oom-*")


def main(words: Sequence[str] | None = None) -> int:
    """Fuzz, tell how it goes, and return whether anything was found."""
    asked = _parser().parse_args(words)
    corpus = _prepared(asked.folder)
    begun = time.monotonic()
    command = [
        *(sys.executable, "-m", "tests.fuzz.run", str(asked.folder), asked.plant or "none"),
        *(*_LIMITS, f"-seed={asked.seed}", f"-artifact_prefix={asked.folder}/"),
        *(f"-max_total_time={asked.seconds}", f"-runs={asked.inputs}", str(corpus)),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as fuzzing:
        assert fuzzing.stdout
        said = [line for line in _telling(fuzzing.stdout) if not line.startswith("INFO: Instr")]
    statuses = [line for line in said if _STATUS.match(line)]
    print(f"{_summary(statuses[-1:])}, in {time.monotonic() - begun:.0f} s")
    found = list(_found(asked.folder))
    print(f"crashes: {len(found)}", *found)
    if fuzzing.returncode or found or not statuses:
        print(*said[said.index(statuses[-1]) if statuses else 0 :], sep="")
        return 1
    return 0


def _prepared(folder: Path) -> Path:
    """Put the seeds into the corpus, and clear away what was found another time."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for name, raw in seeds().items():
        (corpus / name).write_bytes(raw)
    for old in _found(folder):
        old.unlink()
    return corpus


def _found(folder: Path) -> Iterator[Path]:
    for pattern in _FOUND:
        yield from sorted(folder.glob(pattern))


def _telling(output: IO[str]) -> Iterator[str]:
    """Pass on what is said, and sum it up from time to time."""
    told = time.monotonic()
    for line in output:
        yield line
        if _STATUS.match(line) and time.monotonic() - told > TOLD_EVERY:
            told = time.monotonic()
            print(_summary([line]), flush=True)


def _summary(lines: Iterable[str]) -> str:
    for line in lines:
        if status := _STATUS.match(line):
            inputs, places, corpus, size = status.groups()
            return f"{int(inputs):,} inputs, {places} places reached, corpus {corpus} of {size}"
    return "nothing was tried"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description=(
            "Post made-up webhook calls, guided by what they reach, and check what must hold of "
            "any. Exit with 1 at the first that breaks it; the folder then has its bytes."
        ),
    )
    parser.add_argument("--seconds", type=int, default=60, help="how long (default: 60)")
    parser.add_argument("--inputs", type=int, default=-1, help="how many at most")
    parser.add_argument(
        "--seed", type=int, default=0, help="of chance (default: another each time)"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(".fuzz"),
        help="where the corpus grows (default: .fuzz)",
    )
    parser.add_argument("--plant", choices=sorted(PLANTS), help="take one guard away first")
    return parser


if __name__ == "__main__":
    sys.exit(main())
