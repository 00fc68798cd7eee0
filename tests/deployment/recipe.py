"""The stages and steps of the `Dockerfile`."""

from __future__ import annotations

import re
import shlex
from io import BytesIO
from typing import Any, Final

import attrs
from dockerfile_parse import DockerfileParser

from tests.deployment.composition import ROOT

FILE: Final = ROOT / "Dockerfile"
_FROM: Final = re.compile(r"(?P<base>\S+)(?: AS (?P<name>\S+))?")


@attrs.frozen
class Step:
    """
    One instruction.

    Args:
        instruction: Its name, in capitals.
        value: What stands after it.
    """

    instruction: str
    value: str


@attrs.frozen(kw_only=True)
class Copy:
    """
    A `COPY`.

    Args:
        stage: The stage that it copies from; None for the checkout.
        sources: What it copies.
        target: Where to.
    """

    stage: str | None
    sources: tuple[str, ...]
    target: str

    @classmethod
    def read(cls, value: str) -> Copy:
        """Read what stands after `COPY`."""
        words = shlex.split(value)
        stage = words.pop(0).removeprefix("--from=") if words[0].startswith("--from=") else None
        return cls(stage=stage, sources=tuple(words[:-1]), target=words[-1])


@attrs.frozen(kw_only=True)
class Stage:
    """
    One stage.

    Args:
        base: The image that it begins with.
        name: How other stages call it.
        steps: What it does.
    """

    base: str
    name: str | None
    steps: tuple[Step, ...]

    def values(self, instruction: str) -> list[str]:
        """Return what stands after each such instruction."""
        return [step.value for step in self.steps if step.instruction == instruction]


def stages() -> list[Stage]:
    """Return the stages of the checkout's Dockerfile; the last one is the image."""
    # The stubs ask for a file of text, the library for one of bytes.
    content: Any = BytesIO(FILE.read_bytes())
    found: list[tuple[re.Match[str], list[Step]]] = []
    for entry in DockerfileParser(fileobj=content).structure:
        step = Step(entry["instruction"], entry["value"])
        if step.instruction == "FROM":
            match = _FROM.fullmatch(step.value)
            if match is None:
                raise ValueError(f"FROM has a form that we do not use: {step.value!r}")
            found.append((match, []))
        elif step.instruction != "COMMENT":
            found[-1][1].append(step)
    return [
        Stage(base=match["base"], name=match["name"], steps=tuple(steps)) for match, steps in found
    ]
