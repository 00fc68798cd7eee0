"""
Apache Kafka for as long as a command runs: `python -m tests.apache_kafka JARS COMMAND...`.

The command finds the broker by `KAFKA_BROKER`: one node in KRaft mode that makes no topic of its
own accord. Whenever it ends it is started again, on the same port and with the same records;
`KAFKA_BROKER_PID_FILE` names a file with its process id, by which the command may kill it.
`KAFKA_SECURE` names a file that says how it is reached over TLS: see `tests.kafka.secure`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import attrs

from referrals_sandbox.ending import Ended, end_on_signals, end_with_uv
from referrals_sandbox.servers.child import Child
from referrals_sandbox.servers.command import Command, LogLine
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.ports import LOOPBACK, free_port
from referrals_sandbox.servers.supervisor import supervising
from referrals_sandbox.servers.whole_file import write_whole
from tests.kafka.secure import Secure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from referrals_sandbox.servers.supervisor import Supervisor

_PAUSE: Final = 0.05  # seconds between two looks at the broker
# It starts in half the time: neither much memory nor the last of Java's speed is needed.
_JAVA: Final = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
_SETTINGS: Final = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "group.initial.rebalance.delay.ms": "0",
    # So that a time is that of arrival, and those of one referral compare across topics.
    "log.message.timestamp.type": "LogAppendTime",
    # Until then one that was killed counts as running, and may not come back.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
}


@attrs.frozen(kw_only=True)
class Broker:
    """
    The broker, which is started again whenever it ends.

    Args:
        address: `host:port`.
        process: Its process.
        pid_file: Has the number of that process.
        secure: How it is reached over TLS.
    """

    address: str
    process: Child
    pid_file: Path
    secure: Secure

    def until_ready(self) -> None:
        """
        Tell its process id, and wait until it is ready.

        Raises:
            SandboxError: It ended, or was not ready in time.
        """
        write_whole(self.pid_file, str(self.process.pid))
        self.process.until_ready()

    def keep_up(self, command: subprocess.Popen[bytes]) -> int:
        """
        Start it again whenever it ends; return the command's exit code when that has ended.

        Raises:
            SandboxError: It does not come up again.
        """
        while (exit_code := command.poll()) is None:
            if self.process.exit_code is not None:
                self.process.launch()
                self.until_ready()
            time.sleep(_PAUSE)
        return exit_code


def main(words: Sequence[str]) -> int:
    """Run a command beside a broker, and return its exit code."""
    jars, *command = words
    end_on_signals()
    end_with_uv()
    try:
        with supervising() as supervisor:
            broker = started(supervisor, Path(jars).resolve())
            with running(command, broker) as process:
                return broker.keep_up(process)
    except SandboxError as error:
        print(f"Apache Kafka: {error}", file=sys.stderr)
        return 1
    except Ended as ended:
        return ended.exit_code


def started(supervisor: Supervisor, jars: Path) -> Broker:
    """
    Start a broker without records.

    Raises:
        SandboxError: There is no Java, or it does not come up.
    """
    java = shutil.which("java")
    if java is None:
        raise SandboxError("there is no Java; install Java 17 or newer")
    settings, port = supervisor.work_dir / "kafka.properties", free_port()
    secure = Secure.made(supervisor.work_dir / "tls", LOOPBACK, free_port(), free_port())
    properties = _properties(port, free_port(), supervisor.work_dir, secure)
    settings.write_text(properties, encoding="ascii")
    program = (java, *_JAVA, f"-Djava.io.tmpdir={supervisor.work_dir}", "-cp", f"{jars}/*")
    cluster = f"--cluster-id={uuid4()}"
    supervisor.run(
        Command(
            name="kafka-format",
            argv=(
                *program,
                "kafka.tools.StorageTool",
                "format",
                cluster,
                "-c",
                settings,
                *secure.users,
            ),
            within=60,
        )
    )
    process = supervisor.launch(
        Command(
            name="apache-kafka",
            argv=(*program, "-Dorg.apache.logging.log4j.level=INFO", "kafka.Kafka", settings),
            ready=LogLine(r"Kafka Server started"),
            within=60,
            stop_signal=signal.SIGKILL,  # its records are removed anyway
        )
    )
    pid_file = supervisor.work_dir / "kafka.pid"
    broker = Broker(
        address=f"{LOOPBACK}:{port}", process=process, pid_file=pid_file, secure=secure
    )
    broker.until_ready()
    return broker


@contextmanager
def running(command: Sequence[str], broker: Broker) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command that knows the broker; it ends with the block."""
    known = {
        "KAFKA_BROKER": broker.address,
        "KAFKA_BROKER_PID_FILE": str(broker.pid_file),
        "KAFKA_SECURE": str(broker.secure.file),
    }
    with subprocess.Popen(command, env={**os.environ, **known}) as process:
        try:
            yield process
        finally:
            process.terminate()


def _properties(port: int, controller_port: int, folder: Path, secure: Secure) -> str:
    controller = f"{LOOPBACK}:{controller_port}"
    listeners = {
        "PLAINTEXT": ("PLAINTEXT", f"{LOOPBACK}:{port}"),
        "CONTROLLER": ("PLAINTEXT", controller),
        **secure.listeners,
    }
    settings = {
        **_SETTINGS,
        **secure.settings,
        "listeners": ",".join(f"{name}://{at}" for name, (_, at) in listeners.items()),
        "listener.security.protocol.map": ",".join(
            f"{name}:{protocol}" for name, (protocol, _) in listeners.items()
        ),
        "controller.quorum.voters": f"1@{controller}",
        "log.dirs": str(folder / "kafka"),
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
