"""The Dockerfile: what goes in, what comes out, and who runs it."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.deployment.composition import ROOT, of_ours, services
from tests.deployment.context import ignore
from tests.deployment.recipe import Copy, stages

if TYPE_CHECKING:
    from collections.abc import Iterator

*BEFORE, IMAGE = stages()
EVERY: Final = (*BEFORE, IMAGE)


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def copies() -> Iterator[Copy]:
    return (Copy.read(value) for stage in EVERY for value in stage.values("COPY"))


def test_it_begins_with_the_python_of_the_project() -> None:
    oldest = project()["project"]["requires-python"].removeprefix(">=")
    assert project()["tool"]["mypy"]["python_version"] == oldest
    assert {stage.base for stage in EVERY} == {f"python:{oldest}-slim"}


def test_everything_that_is_copied_is_there() -> None:
    names = {stage.name for stage in BEFORE}
    for copy in copies():
        if copy.stage is None:
            assert all(ignore().kept(source) for source in copy.sources)
        else:
            assert copy.stage in names


def test_libraries_are_built_before_our_sources_are_copied() -> None:
    (builder,) = BEFORE
    values = [step.value for step in builder.steps]
    libraries = values.index("uv sync --frozen --no-dev --no-install-workspace")
    copied = [values.index(f"{folder} {folder}") for folder in ("packages", "services")]
    ours = values.index("uv sync --frozen --no-dev --no-editable")
    assert libraries < min(copied) < max(copied) < ours


def test_uv_is_pinned() -> None:
    (builder,) = BEFORE
    assert re.search(r" uv==\d+\.\d+\.\d+$", builder.values("RUN")[0])


def test_the_image_is_the_virtual_environment_and_nothing_else() -> None:
    (only,) = (Copy.read(value) for value in IMAGE.values("COPY"))
    (builder,) = BEFORE
    assert only.stage == builder.name
    assert only.sources == (only.target,)
    assert only.target == f"{builder.values('WORKDIR')[0]}/.venv"
    assert not IMAGE.values("RUN")
    assert f"PATH={only.target}/bin:$PATH " in IMAGE.values("ENV")[0]


def test_it_runs_as_the_user_that_compose_names_too() -> None:
    (user,) = IMAGE.values("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert {service["user"] for service in of_ours(services()).values()} == {user}


def test_compose_alone_chooses_the_command() -> None:
    assert not IMAGE.values("CMD")
    assert not IMAGE.values("ENTRYPOINT")
    assert all(service["command"] for service in of_ours(services()).values())


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".git/config",
        "tests/conftest.py",
        "packages/referrals_sandbox/pyproject.toml",
        "services/referrals_grpc/src/referrals_grpc/__pycache__/serve.pyc",
    ],
)
def test_docker_is_not_sent(path: str) -> None:
    assert ignore().leaves_out(path)
