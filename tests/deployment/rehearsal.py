"""
The deployment without Docker: `uv run python -m tests.deployment.rehearsal`.

It does the steps of the `Dockerfile` in a temporary folder, runs each command of our services in
`docker-compose.yml` from there with its own environment, against the sandbox's servers and
neighbours, and asks each health check. Only addresses are others. A referral must complete through
the gateway, its event must arrive, and everything must end in time, without an error and without
having written to the image.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.composition import merchant
from referrals_sandbox.composition.merchant import Secrets
from referrals_sandbox.ending import Ended, end_on_signals
from referrals_sandbox.neighbours import processes
from referrals_sandbox.neighbours.frontend import open_frontend
from referrals_sandbox.neighbours.shopify import ORDERS_CREATE, Delivery, deliver
from referrals_sandbox.neighbours.shopify_order import FriendsOrder
from referrals_sandbox.neighbours.world import WorldFile
from referrals_sandbox.servers import envoy
from referrals_sandbox.servers import running as servers
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.running import Servers
from tests.deployment.composition import of_ours, services
from tests.deployment.image import CannotBuild, Image, build
from tests.deployment.role import Missing, Role, gateway_is_healthy

if TYPE_CHECKING:
    from referrals_sandbox.neighbours.processes import Neighbours
    from referrals_sandbox.servers.child import Child

_WITHIN: Final = 60.0  # seconds, as Compose waits for a health check
_PAUSE: Final = 0.2  # seconds between two looks


class Failed(Exception):
    """Something is not as it should be; the text is one line for a person."""


def main() -> int:
    """Rehearse, and return the exit code."""
    end_on_signals()
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:5.1f} s  {line}", flush=True)

    try:
        with tempfile.TemporaryDirectory(prefix="referrals-image-") as folder:
            _rehearse(Path(folder), say)
    except (CannotBuild, Failed, Missing, SandboxError) as error:
        print(f"rehearsal: {error}", file=sys.stderr)
        return 1
    except Ended as ended:
        return ended.exit_code
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

    def _roles(self, neighbours: Neighbours) -> dict[str, Role]:
        variables = {
            "REFERRALS_DB_PASSWORD": self.up.database.password,
            "REFERRALS_DB_GRPC_PASSWORD": self.up.database.grpc_password,
            "REFERRALS_DB_OWNER_PASSWORD": self.up.database.owner_password,
            "AUTH_GRPC_TARGET": neighbours.auth.address,
            "CORE_GRPC_TARGET": neighbours.core.address,
            "AUTH_SERVICE_TOKEN": self.own.service_token,
            "REFERRALS_PUBLIC_URL": "https://go.example",
            "SHOPIFY_API_SECRET": self.own.shopify_secret,
        }
        found = {"migrate": self.up.owner_environment(), "grpc": self.up.grpc_environment()}
        return {
            name: Role.of(name, service, self.image, found.get(name, self.up.environment()))
            for name, service in of_ours(services(variables)).items()
        }

    def _migrate(self, role: Role) -> None:
        self.up.supervisor.run(role.command)
        self.say("migrate ended with 0")

    def _start(self, role: Role) -> Child:
        if role.is_healthy():
            raise Failed(f"{role.command.name} passes for healthy before it runs")
        return self.up.supervisor.launch(role.command)

    def _await_health(self, roles: Mapping[str, Role]) -> None:
        for name, role in roles.items():
            _until(role.is_healthy, f"{name} is not healthy")
            self.say(f"{name} is healthy")

    def _await_gateway(self, url: str) -> None:
        port = int(url.rpartition(":")[2])
        _until(lambda: gateway_is_healthy(port), "the gateway is not healthy")
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
        heard = neighbours.admincore.process.until_says(
            rf".*order {order.order_id},.*", within=_WITHIN
        )
        self.say(f"AdminCore heard: {heard[0]}")

    def _end(self, roles: Mapping[str, Role], children: Mapping[str, Child]) -> None:
        began = time.monotonic()
        for child in children.values():
            child.signal(signal.SIGTERM)
        for name, child in children.items():
            code = child.wait(max(began + roles[name].command.grace - time.monotonic(), 0))
            if code != 0:
                raise Failed(f"{name} ended with {code} at SIGTERM: {child.log_tail(1)}")
            if roles[name].is_healthy():
                raise Failed(f"{name} passes for healthy after its end")
            self.say(f"{name} ended with 0 at SIGTERM")


def _until(holds: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + _WITHIN
    while not holds():
        if time.monotonic() > deadline:
            raise Failed(f"{otherwise} within {_WITHIN:g} s")
        time.sleep(_PAUSE)


if __name__ == "__main__":
    sys.exit(main())
