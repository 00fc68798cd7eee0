"""How a sandbox is put together: servers, schema, neighbours, services, a merchant and a link."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from referrals_sandbox.composition import installing, merchant, services
from referrals_sandbox.composition.finding import FILE_NAME
from referrals_sandbox.composition.merchant import Secrets
from referrals_sandbox.composition.progress import Progress, Silence
from referrals_sandbox.composition.sandbox import Sandbox
from referrals_sandbox.composition.services import Service
from referrals_sandbox.composition.wishes import Wishes
from referrals_sandbox.neighbours.frontend import open_frontend
from referrals_sandbox.neighbours.processes import Neighbours
from referrals_sandbox.neighbours.processes import start as start_neighbours
from referrals_sandbox.neighbours.world import WorldFile
from referrals_sandbox.servers import envoy
from referrals_sandbox.servers import running as servers
from referrals_sandbox.servers.envoy import Gateway
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.ports import LOOPBACK, free_port
from referrals_sandbox.servers.running import Servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb

_THREADS = 16  # more than there are processes to wait for
_NEVER_REACHED = 1_000_000  # calls a second


@contextmanager
def running(wishes: Wishes | None = None, progress: Progress | None = None) -> Iterator[Sandbox]:
    """
    Run a sandbox; at the end nothing of it is left.

    It blocks for some seconds. Commands find it from when it is yielded.

    Args:
        wishes: What was chosen.
        progress: Who is told of each step.

    Raises:
        SandboxError: Something is missing, does not come up, or refuses.
    """
    wishes, progress = wishes or Wishes(), progress or Silence()
    services.require_free_ports(grpc=wishes.grpc_port, webhook=wishes.webhook_port)
    envoy.require(port=wishes.gateway_port)
    with ExitStack() as stack:
        # Entered first: once the supervisor has ended, no thread waits for a child any more.
        threads = stack.enter_context(ThreadPoolExecutor(_THREADS))
        with progress.step("servers") as say:
            up = stack.enter_context(_servers(wishes))
            say(
                f"PostgreSQL {up.database.host}:{up.database.port}, "
                f"Valkey {up.redis.host}:{up.redis.port}, Kafka {up.kafka.address}"
            )
        own, world = Secrets(), WorldFile(up.work_dir / "world.json")
        world.write(merchant.world(own))
        processes = _Processes(up=up, own=own, world=world.path, threads=threads)
        stack.callback(processes.stop)
        begun = processes.start(wishes, progress)
        link = _open_program(begun.grpc_service.address, own, progress)
        sandbox = _sandbox(processes, begun, link)
        installing.install(sandbox, sandbox.shop_domain)
        sandbox.write(up.work_dir / FILE_NAME)
        yield sandbox


@attrs.frozen(kw_only=True)
class _Begun:
    """Everything that runs beside the servers."""

    neighbours: Neighbours
    grpc_service: Service
    webhook_service: Service
    gateway: Gateway


@attrs.frozen(kw_only=True)
class _Processes:
    """
    What is started, and stopped, beside the servers.

    Args:
        up: The servers.
        own: What the processes share secretly.
        world: The file that Auth and Core follow.
        threads: Wait for the processes.
    """

    up: Servers
    own: Secrets
    world: Path
    threads: Executor

    def start(self, wishes: Wishes, progress: Progress) -> _Begun:
        """Start everything as soon as what it needs is there."""
        supervisor, kafka = self.up.supervisor, self.up.kafka.address
        environment = {**os.environ, **self.up.environment()}
        migrated = self.threads.submit(
            services.migrate, supervisor, {**environment, **self.up.owner_environment()}
        )
        with progress.step("neighbours") as say:
            neighbours = start_neighbours(
                supervisor,
                world=self.world,
                kafka=kafka,
                shopify_speed=wishes.shopify_speed,
                threads=self.threads,
            )
            say("Auth, Core, Points, RFM Analytics, AdminCore, Shopify")
        gateway_port = wishes.gateway_port or free_port()  # now: the URLs of links begin with it
        environment |= self._settings(neighbours, gateway_port)
        grpc_service = self.threads.submit(
            services.start_grpc,
            supervisor,
            {**environment, **self.up.grpc_environment()},
            port=wishes.grpc_port,
        )
        with progress.step("schema") as say:
            migrated.result()
            say("referrals-webhook migrate")
        with progress.step("services") as say:
            webhook = services.start_webhook(supervisor, environment, port=wishes.webhook_port)
            grpc = grpc_service.result()
            gateway = envoy.start(
                supervisor,
                grpc=grpc.address,
                webhook=webhook.address,
                port=gateway_port,
                origins=wishes.settings.get(envoy.ORIGINS, ""),
            )
            say(
                f"referrals-grpc {grpc.address}, referrals-webhook {webhook.address}, "
                f"gateway {gateway.url}"
            )
        return _Begun(
            neighbours=neighbours, grpc_service=grpc, webhook_service=webhook, gateway=gateway
        )

    def stop(self) -> None:
        """Stop everything side by side: each takes some time to finish its work."""
        database = self.up.database.process
        kept = (database, self.up.redis.process, self.up.kafka.process)
        others = [child for child in self.up.supervisor.children() if child not in kept]
        with suppress(SandboxError):  # the supervisor has ended, and they with it
            for stopped in [self.threads.submit(child.stop) for child in others]:
                stopped.result()
            if database is not None:
                # PostgreSQL writes nothing more to its folder, which is removed anyway.
                database.signal(signal.SIGQUIT)

    def _settings(self, neighbours: Neighbours, gateway_port: int) -> dict[str, str]:
        return {
            "AUTH_GRPC_TARGET": neighbours.auth.address,
            "CORE_GRPC_TARGET": neighbours.core.address,
            "AUTH_SERVICE_TOKEN": self.own.service_token,
            "SHOPIFY_API_SECRET": self.own.shopify_secret,
            **installing.settings(self.up.work_dir, neighbours.shopify.url),
            "REFERRALS_PUBLIC_URL": f"http://{LOOPBACK}:{gateway_port}",
            # One merchant has all the load there is: nothing is to be refused but by the machine.
            "REFERRALS_GRPC_CALLER_LIMIT": str(_NEVER_REACHED),
            "REFERRALS_GRPC_MERCHANT_LIMIT": str(_NEVER_REACHED),
        }


def _servers(wishes: Wishes) -> AbstractContextManager[Servers]:
    return servers.running(
        settings=wishes.settings,
        database_port=wishes.database_port,
        redis_port=wishes.redis_port,
    )


def _open_program(address: str, own: Secrets, progress: Progress) -> pb.ReferralLink:
    """Have the merchant put their program, and the advocate ask for their link."""
    with open_frontend(address, own.token) as frontend:
        with progress.step("program") as say:
            program = frontend.put_program(merchant.program())
            say(f"PutProgram: {program.merchant_id}, {program.shop_domain}")
        with progress.step("link") as say:
            link = frontend.create_link(merchant.MERCHANT_ID, merchant.CUSTOMER_ID)
            say(f"CreateReferralLink: {link.display_code} of advocate {link.customer_id}")
        return link


def _sandbox(processes: _Processes, begun: _Begun, link: pb.ReferralLink) -> Sandbox:
    up, own, neighbours = processes.up, processes.own, begun.neighbours
    return Sandbox(
        grpc=begun.grpc_service.address,
        webhook=f"http://{begun.webhook_service.address}",
        gateway=begun.gateway.url,
        merchant_page=merchant.page(begun.gateway.url, own.token),
        database_url=up.database.url.replace("postgresql+asyncpg:", "postgresql:", 1),
        redis_url=up.redis.url,
        kafka=up.kafka.address,
        auth=neighbours.auth.address,
        core=neighbours.core.address,
        points=neighbours.points.url,
        rfm_analytics=neighbours.rfm_analytics.url,
        admincore=neighbours.admincore.url,
        shopify=neighbours.shopify.url,
        merchant_id=merchant.MERCHANT_ID,
        shop_domain=merchant.SHOP_DOMAIN,
        storefront=merchant.STOREFRONT,
        token=own.token,
        service_token=own.service_token,
        shopify_secret=own.shopify_secret,
        customer_id=link.customer_id,
        referral_link_id=link.id,
        referral_link_code=link.code,
        world=str(processes.world),
        work_dir=str(up.work_dir),
        pid=os.getpid(),
        servers=up,
        neighbours=neighbours,
        grpc_service=begun.grpc_service,
        webhook_service=begun.webhook_service,
        gateway_server=begun.gateway,
    )
