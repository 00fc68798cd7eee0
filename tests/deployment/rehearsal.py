"""
The deployment without Docker: `uv run python -m tests.deployment.rehearsal`.

It does the steps of the `Dockerfile` in a temporary folder, runs each command of our services in
`docker-compose.yml` from there with its own environment, against the sandbox's servers and
neighbours, and asks each health check. Only addresses are others. A referral must complete through
the gateway, its event must arrive, and everything must end in time, without an error and without
having written to the image.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.composition import merchant
from referrals_sandbox.composition.merchant import Secrets
from referrals_sandbox.neighbours import processes
from referrals_sandbox.neighbours.frontend import open_frontend
from referrals_sandbox.neighbours.shopify import ORDERS_CREATE, Delivery, deliver
from referrals_sandbox.neighbours.shopify_order import FriendsOrder
from referrals_sandbox.neighbours.world import WorldFile
from referrals_sandbox.servers import envoy
from referrals_sandbox.servers import running as servers
from referrals_sandbox.servers.command import Command
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.ports import LOOPBACK, free_port
from referrals_sandbox.servers.running import Servers
from tests.deployment.composition import environment, of_ours, put_in, seconds, services
from tests.deployment.image import CannotBuild, Image, build

if TYPE_CHECKING:
    from referrals_sandbox.neighbours.processes import Neighbours
    from referrals_sandbox.servers.child import Child
    from tests.deployment.composition import Service

_HERE: Final = re.compile(r"\b(?:0\.0\.0\.0|127\.0\.0\.1)(?P<mark>[:/])(?P<port>\d+)\b")
_WITHIN: Final = 20.0  # seconds
_PAUSE: Final = 0.2  # seconds between two looks


class Failed(Exception):
    """Something is not as it should be; the text is one line for a person."""


def main() -> int:
    """Rehearse, and return the exit code."""
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:5.1f} s  {line}", flush=True)

    try:
        with tempfile.TemporaryDirectory(prefix="referrals-image-") as folder:
            _rehearse(Path(folder), say)
    except (CannotBuild, Failed, SandboxError) as error:
        print(f"rehearsal: {error}", file=sys.stderr)
        return 1
    return 0


def _rehearse(folder: Path, say: Callable[[str], None]) -> None:
    image = build(folder, say)
    before = image.files()
    say(f"the image has {len(before)} files")
    with servers.running() as up:
        _Rehearsal(image=image, up=up, own=Secrets(), say=say).play()
    if image.files() != before:
        raise Failed("somebody wrote to the image, which is read-only under Compose")
    say("nobody wrote to the image")


@attrs.frozen(kw_only=True)
class _Role:
    """A service of ours: the image's environment and its own, at addresses of this machine."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = attrs.field(repr=False)
    check: Sequence[str] = attrs.field(repr=False)
    grace: float
    ports: Mapping[str, int]

    def address(self, port: str) -> str:
        return f"{LOOPBACK}:{self.ports[port]}"

    def is_healthy(self) -> bool:
        """Ask the health check as Docker does: in the environment of the service."""
        return _succeeds(self.check, self.environment)


@attrs.frozen(kw_only=True)
class _Rehearsal:
    image: Image
    up: Servers
    own: Secrets
    say: Callable[[str], None]

    def play(self) -> None:
        world = WorldFile(self.up.work_dir / "world.json")
        world.write(merchant.world(self.own))
        with ThreadPoolExecutor() as threads:
            neighbours = processes.start(
                self.up.supervisor, world=world.path, kafka=self.up.kafka.address, threads=threads
            )
        roles = self._roles(neighbours)
        self._migrate(roles.pop("migrate"))
        children = {name: self._start(role) for name, role in roles.items()}
        self._await_health(roles)
        gateway = envoy.start(
            self.up.supervisor,
            grpc=roles["grpc"].address("50051"),
            webhook=roles["webhook"].address("8080"),
            port=None,
        )
        self._await_gateway(gateway.url)
        self._refer_a_friend(gateway.url, neighbours)
        self._end(roles, children)

    def _roles(self, neighbours: Neighbours) -> dict[str, _Role]:
        variables = {
            "REFERRALS_DB_PASSWORD": self.up.database.password,
            "AUTH_GRPC_TARGET": neighbours.auth.address,
            "CORE_GRPC_TARGET": neighbours.core.address,
            "AUTH_SERVICE_TOKEN": self.own.service_token,
            "SHOPIFY_API_SECRET": self.own.shopify_secret,
        }
        return {
            name: self._role(name, service)
            for name, service in of_ours(services(variables)).items()
        }

    def _role(self, name: str, service: Service) -> _Role:
        own = environment(service)
        listens = {key: text for key, text in own.items() if key.endswith("_LISTEN")}
        ports = {text.rpartition(":")[2]: free_port() for text in listens.values()}
        moved = {key: _moved(text, ports) for key, text in listens.items()}
        found = {key: text for key, text in self.up.environment().items() if key in own}
        whole = {**self.image.environment, **own, **moved, **found}
        program = shutil.which(service["command"][0], path=whole["PATH"])
        if program is None:
            raise Failed(f"{name}: the image has no {service['command'][0]}")
        check = service.get("healthcheck", {}).get("test", ["CMD"])
        return _Role(
            name=name,
            argv=(program, *service["command"][1:]),
            environment=whole,
            check=[_moved(word, ports) for word in check[1:]],
            grace=seconds(service["stop_grace_period"]),
            ports=ports,
        )

    def _migrate(self, role: _Role) -> None:
        command = Command(name=role.name, argv=role.argv, environment=role.environment)
        self.up.supervisor.run(command)
        self.say(f"{role.name} ended with 0")

    def _start(self, role: _Role) -> Child:
        if role.is_healthy():
            raise Failed(f"{role.name} passes for healthy before it runs")
        command = Command(
            name=role.name, argv=role.argv, environment=role.environment, grace=role.grace
        )
        return self.up.supervisor.launch(command)

    def _await_health(self, roles: Mapping[str, _Role]) -> None:
        for role in roles.values():
            _until(role.is_healthy, f"{role.name} is not healthy")
            self.say(f"{role.name} is healthy: {' '.join(role.argv[1:])}")

    def _await_gateway(self, url: str) -> None:
        port = int(url.rpartition(":")[2])
        test = services()["gateway"]["healthcheck"]["test"]
        check = [_moved(put_in(word, {}), {"8000": port}) for word in test[1:]]
        _until(lambda: _succeeds(check, {"PATH": "/usr/bin:/bin"}), "the gateway is not healthy")
        self.say("gateway is healthy")

    def _refer_a_friend(self, gateway: str, neighbours: Neighbours) -> None:
        address = gateway.removeprefix("http://")
        with open_frontend(address, self.own.token) as frontend:
            program = frontend.put_program(merchant.program())
            link = frontend.create_link(merchant.MERCHANT_ID, merchant.CUSTOMER_ID)
            referral = frontend.share(merchant.MERCHANT_ID, link.id, pb.CHANNEL_SMS)
            order = FriendsOrder(
                code=link.code,
                prefix=program.code_prefix,
                referral_id=referral.id,
                channel="sms",
                placed_at=datetime.now(UTC),
            )
            delivery = Delivery(
                topic=ORDERS_CREATE,
                shop_domain=program.shop_domain,
                body=order.body(),
                secret=self.own.shopify_secret,
            )
            (answer,) = deliver(gateway, delivery)
            self.say(f"POST {ORDERS_CREATE}: {answer.status_code} {answer.text}")
            _until(
                lambda: frontend.status(merchant.MERCHANT_ID, referral.id).status == "COMPLETED",
                f"referral {referral.id} does not complete",
            )
        self.say(f"referral {referral.id} is COMPLETED")
        heard = neighbours.admincore.process.until_says(rf".*order {order.order_id},.*")
        self.say(f"AdminCore heard: {heard[0]}")

    def _end(self, roles: Mapping[str, _Role], children: Mapping[str, Child]) -> None:
        began = time.monotonic()
        for child in children.values():
            child.signal(signal.SIGTERM)
        for name, child in children.items():
            code = child.wait(max(began + roles[name].grace - time.monotonic(), 0))
            if code != 0:
                raise Failed(f"{name} ended with {code} at SIGTERM: {child.log_tail(1)}")
            if roles[name].is_healthy():
                raise Failed(f"{name} passes for healthy after its end")
            self.say(f"{name} ended with 0 at SIGTERM")


def _moved(text: str, ports: Mapping[str, int]) -> str:
    """Return a text with other ports where it names ports of its own machine."""

    def other(match: re.Match[str]) -> str:
        return f"{LOOPBACK}{match['mark']}{ports.get(match['port'], match['port'])}"

    return _HERE.sub(other, text)


def _succeeds(words: Sequence[str], environment: Mapping[str, str]) -> bool:
    program = shutil.which(words[0], path=environment["PATH"])
    if program is None:
        raise Failed(f"there is no {words[0]} for the health check")
    done = subprocess.run(
        [program, *words[1:]], env=dict(environment), capture_output=True, check=False
    )
    return done.returncode == 0


def _until(holds: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + _WITHIN
    while not holds():
        if time.monotonic() > deadline:
            raise Failed(f"{otherwise} within {_WITHIN:g} s")
        time.sleep(_PAUSE)


if __name__ == "__main__":
    sys.exit(main())
