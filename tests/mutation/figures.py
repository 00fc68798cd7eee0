"""
How many mutants of each module the tests notice, as a table.

`mutmut results --all true | python -m tests.mutation.figures` prints it; `.ci/mutation` does.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_RESULT: Final = re.compile(r" *referrals_domain\.(?P<module>[a-z_.]+)\.x\S+: (?P<became>.+)")
_NOTICED: Final = ("killed", "timeout")
_LIVES: Final = ("survived", "no tests")


def figures(results: Iterable[str]) -> Mapping[str, Counter[str]]:
    """
    Count what became of the mutants of each module, and of all.

    Raises:
        ValueError: Some were not tried, or nobody knows what became of them.
    """
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in results:
        if result := _RESULT.fullmatch(line.rstrip("\n")):
            counted[result["module"]][result["became"]] += 1
    everything = sum(counted.values(), start=Counter[str]())
    if other := everything.keys() - {*_NOTICED, *_LIVES}:
        raise ValueError(f"some mutants are {', '.join(sorted(other))}")
    return {**dict(sorted(counted.items())), "all": everything}


def table(counted: Mapping[str, Counter[str]]) -> str:
    """Return the table, in Markdown."""
    lines = [
        "| Module | Mutants | Killed | Timed out | Survived | Noticed |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for module, became in counted.items():
        noticed, lives = [sum(became[one] for one in kind) for kind in (_NOTICED, _LIVES)]
        numbers = [became.total(), *(became[one] for one in _NOTICED), lives]
        share = f"{100 * noticed / became.total():.1f} %"
        lines.append(" | ".join([f"| `{module}`", *(f"{one:,}" for one in numbers), f"{share} |"]))
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(figures(sys.stdin)))  # noqa: T201 - what it is for
