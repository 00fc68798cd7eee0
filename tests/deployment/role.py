"""A service of `docker-compose.yml` as a process of this machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from referrals_sandbox.servers.command import Command
from referrals_sandbox.servers.ports import LOOPBACK, free_port
from tests.deployment.composition import environment_here, put_in, seconds, services

if TYPE_CHECKING:
    from tests.deployment.composition import Service
    from tests.deployment.image import Image

_HERE: Final = re.compile(r"\b(?:0\.0\.0\.0|127\.0\.0\.1)(?P<mark>[:/])(?P<port>\d+)\b")


class Missing(Exception):
    """A program is not there; the text is one line for a person."""


@attrs.frozen(kw_only=True)
class Role:
    """
    A service of ours: its own command, with the image's environment and its own.

    Args:
        command: What to run.
        ports: Where it listens here, by where it listens in its container.
        check: The words of its health check.
    """

    command: Command
    ports: Mapping[str, int]
    check: Sequence[str]

    @classmethod
    def of(cls, name: str, service: Service, image: Image, servers: Mapping[str, str]) -> Role:
        """
        Return a service as it runs here.

        Args:
            name: Its name.
            service: What Compose is told of it, with the variables put in.
            image: What it runs from.
            servers: The variables that name this machine's servers.

        Raises:
            Missing: The image does not have its program.
        """
        own = environment_here(service)
        listens = {key: text for key, text in own.items() if key.endswith("_LISTEN")}
        ports = {text.rpartition(":")[2]: free_port() for text in listens.values()}
        moved = {key: _moved(text, ports) for key, text in listens.items()}
        found = {key: text for key, text in servers.items() if key in own}
        whole = {**image.environment, **own, **moved, **found}
        program, *words = service["command"]
        command = Command(
            name=name,
            argv=(_which(program, whole), *words),
            environment=whole,
            grace=seconds(service["stop_grace_period"]),
        )
        _, *check = service.get("healthcheck", {}).get("test", ["NONE"])
        return cls(command=command, ports=ports, check=[_moved(word, ports) for word in check])

    def address(self, port: str) -> str:
        """Return where it listens here, as `host:port`."""
        return f"{LOOPBACK}:{self.ports[port]}"

    def is_healthy(self) -> bool:
        """
        Ask the health check as Docker does: in the environment of the service.

        Raises:
            Missing: The image does not have the program that asks.
        """
        return _succeeds(self.check, self.command.environment)


def gateway_is_healthy(port: int) -> bool:
    """
    Ask the health check of the gateway, which is Envoy on this port.

    Raises:
        Missing: This machine does not have the program that asks.
    """
    _, *check = services()["gateway"]["healthcheck"]["test"]
    words = [_moved(put_in(word, {}), {"8000": port}) for word in check]
    return _succeeds(words, {"PATH": "/usr/bin:/bin"})


def _moved(text: str, ports: Mapping[str, int]) -> str:
    """Return a text with other ports where it names ports of its own machine."""

    def other(match: re.Match[str]) -> str:
        return f"{LOOPBACK}{match['mark']}{ports.get(match['port'], match['port'])}"

    return _HERE.sub(other, text)


def _succeeds(words: Sequence[str], environment: Mapping[str, str]) -> bool:
    program, *arguments = words
    done = subprocess.run(
        [_which(program, environment), *arguments],
        env=dict(environment),
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def _which(program: str, environment: Mapping[str, str]) -> str:
    found = shutil.which(program, path=environment["PATH"])
    if found is None:
        raise Missing(f"there is no {program} on {environment['PATH']}")
    return found
