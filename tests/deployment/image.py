"""The steps of the `Dockerfile`, done in a folder that stands for the image's root."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import attrs

from tests.deployment.composition import ROOT
from tests.deployment.context import ignore
from tests.deployment.recipe import Copy, Stage, Step, stages

PYTHON: Final = f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"
"""The image that this interpreter can stand for."""

_VARIABLE: Final = re.compile(r"\$(\w+)")
_OF_THIS_PROCESS: Final = ("VIRTUAL_ENV", "PYTHONPATH", "UV_PROJECT_ENVIRONMENT", "UV_NO_CACHE")


class CannotBuild(Exception):
    """A step failed, or nobody can do it without Docker; the text is one line for a person."""


@attrs.frozen(kw_only=True)
class Image:
    """
    What the last stage leaves.

    Args:
        root: The folder that stands for the image's `/`.
        environment: What its processes see.
    """

    root: Path
    environment: Mapping[str, str]

    def files(self) -> dict[str, tuple[int, int]]:
        """Return size and time of everything in it; equal means that nobody wrote to it."""
        found = {path: path.lstat() for path in self.root.rglob("*")}
        return {str(path): (stat.st_size, stat.st_mtime_ns) for path, stat in found.items()}


def build(folder: Path, say: Callable[[str], None]) -> Image:
    """
    Do every step in a folder, with an empty cache, and return the image.

    Each stage is built at the same place and then put aside: scripts of a virtual environment
    name the path at which it was made.

    Args:
        folder: An empty folder.
        say: Told each step.

    Raises:
        CannotBuild: A step failed, or is of a kind that is not known here.
    """
    asides: dict[str, Path] = {}
    *before, last = stages()
    for stage in before:
        built = _Building(folder=folder, asides=asides, say=say).stage(stage)
        asides[stage.name or ""] = built.root.rename(folder / f"stage-{stage.name}")
    return _Building(folder=folder, asides=asides, say=say).stage(last)


@attrs.define(kw_only=True)
class _Building:
    """A stage that is being built."""

    folder: Path
    asides: Mapping[str, Path]
    say: Callable[[str], None]
    _environment: dict[str, str] = attrs.field(factory=dict, init=False)
    _directory: str = attrs.field(default="/", init=False)

    @property
    def _root(self) -> Path:
        return self.folder / "image"

    def stage(self, stage: Stage) -> Image:
        if stage.base != PYTHON:
            raise CannotBuild(f"FROM {stage.base}: this interpreter stands for {PYTHON}")
        self._root.mkdir()
        python = self.folder / "python"
        venv.create(python, with_pip=True, clear=True, symlinks=True)
        self._environment = {"PATH": os.pathsep.join((str(python / "bin"), os.defpath))}
        for step in stage.steps:
            self.say(f"{step.instruction} {step.value}")
            self._do(step)
        return Image(root=self._root, environment={**self._environment, "HOME": "/"})

    def _do(self, step: Step) -> None:
        match step.instruction:
            case "RUN":
                self._run(step.value)
            case "COPY":
                self._copy(Copy.read(step.value))
            case "ENV":
                self._set(step.value)
            case "WORKDIR":
                self._directory = step.value
                self._place(".").mkdir(parents=True)
            case "USER":
                pass  # whoever runs this stays who they are
            case other:
                raise CannotBuild(f"nobody knows here how to do {other} without Docker")

    def _run(self, command: str) -> None:
        kept = {name: text for name, text in os.environ.items() if name not in _OF_THIS_PROCESS}
        cache = {"UV_CACHE_DIR": str(self.folder / "cache")}
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self._place("."),
            env={**kept, **cache, **self._environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            last = done.stderr.strip().rpartition("\n")[2]
            raise CannotBuild(f"RUN {command} ended with {done.returncode}: {last}")

    def _copy(self, copy: Copy) -> None:
        for source in copy.sources:
            target = self._place(copy.target)
            if copy.stage is None:
                _copy_of_checkout(source, target)
            else:
                origin = self.asides[copy.stage] / source.removeprefix("/")
                shutil.copytree(origin, target, symlinks=True)

    def _set(self, value: str) -> None:
        for word in shlex.split(value):
            name, _, text = word.partition("=")
            full = _VARIABLE.sub(lambda match: self._environment[match[1]], text)
            self._environment[name] = os.pathsep.join(map(self._inside, full.split(os.pathsep)))

    def _inside(self, text: str) -> str:
        """Return a path of the image as one of this machine; other texts as they are."""
        inside = self._root / text.removeprefix("/")
        return str(inside) if text.startswith("/") and inside.exists() else text

    def _place(self, path: str) -> Path:
        return self._root / Path(self._directory, path).relative_to("/")


def _copy_of_checkout(source: str, target: Path) -> None:
    kept = ignore().kept(source)
    if not kept:
        raise CannotBuild(f"COPY {source}: .dockerignore leaves nothing of it")
    is_file = (ROOT / source).is_file()
    for path in kept:
        place = target / (path.name if is_file else path.relative_to(source))
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, place)
