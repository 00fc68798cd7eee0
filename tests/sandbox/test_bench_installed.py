"""What the bench hides from a service is what an installation of it does not have."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import packages_distributions, requires

import pytest
from packaging.requirements import Requirement

from referrals_sandbox.bench.installed import TOOLS, installed


def needed(distribution: str, extras: frozenset[str]) -> set[str]:
    """Return what an installation of it has."""
    found: set[str] = set()
    wanted = [(distribution, extras)]
    while wanted:
        name, of = wanted.pop()
        found.add(name)
        for requirement in map(Requirement, requires(name) or ()):
            marker = requirement.marker
            if any(marker is None or marker.evaluate({"extra": one}) for one in ("", *of)):
                more = frozenset(requirement.extras)
                if requirement.name.lower() not in found or more:
                    wanted.append((requirement.name.lower(), more))
    return found


@pytest.mark.parametrize("service", ["referrals-grpc", "referrals-webhook"])
@pytest.mark.parametrize("tool", TOOLS)
def test_no_installation_of_a_service_has_it(service: str, tool: str) -> None:
    brought_by = {name.lower() for name in packages_distributions()[tool]}
    assert not brought_by & needed(service, frozenset())


@pytest.mark.parametrize("tool", TOOLS)
def test_it_is_there_and_hidden_within_the_block_alone(tool: str) -> None:
    argv = [sys.executable, "-P", "-c", f"import {tool}"]
    with installed() as variables:
        hidden = subprocess.run(  # noqa: S603 - this very interpreter
            argv, env={**os.environ, **variables}, capture_output=True, text=True, check=False
        )
    assert f"ModuleNotFoundError: {tool} is hidden" in hidden.stderr
    assert subprocess.run(argv, check=False).returncode == 0  # noqa: S603 - as above
