"""
The sandbox's Kafka broker, run by `kafka_broker` in a process of its own.

Checked with aiokafka 0.14 and librdkafka 2.16: any number of groups of one consumer each, and
topics that come into being when they are first named, with four partitions of up to 5 MiB.
A consumer that comes back to its group waits for `session_timeout_ms` less one second.
"""

import sys

import attrs

from referrals_sandbox.servers.child import Child
from referrals_sandbox.servers.command import Command, LogLine
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.kafka_broker import library
from referrals_sandbox.servers.supervisor import Supervisor

_LISTENING = r"^listening on (\S+)$"


@attrs.frozen(kw_only=True)
class Kafka:
    """
    A broker that speaks Kafka's protocol.

    To take it away and bring it back use `down` and `up`; a process that is started again
    listens on another port and has no records.

    Args:
        address: `host:port`; of an outside cluster several, with commas.
        process: The broker, unless it is an outside one.
    """

    address: str
    process: Child | None = attrs.field(default=None, repr=False)

    def down(self) -> None:
        """
        Drop all connections and refuse new ones; the records stay.

        Raises:
            SandboxError: It is an outside server, or the broker has ended.
        """
        self._tell("down")

    def up(self) -> None:
        """
        Accept connections again, on the same port.

        Raises:
            SandboxError: It is an outside server, or the broker has ended.
        """
        self._tell("up")

    def delay(self, seconds: float) -> None:
        """
        Answer every request that much later.

        Raises:
            SandboxError: It is an outside server, or the broker has ended.
        """
        self._tell(f"delay {round(seconds * 1000)}")

    def _tell(self, line: str) -> None:
        if self.process is None:
            raise SandboxError(f"{self.address} is not the sandbox's own; unset KAFKA_BROKER")
        seen = len(self.process.log_text)
        self.process.write(line + "\n")
        self.process.until_says(f"^{line}$", after=seen)


def start(supervisor: Supervisor) -> Kafka:
    """
    Start a broker on a free port.

    Raises:
        SandboxError: The wheel is not installed, or the broker does not come up.
    """
    library()
    process = supervisor.start(
        Command(
            name="kafka",
            argv=(sys.executable, "-P", "-m", "referrals_sandbox.servers.kafka_broker"),
            ready=LogLine(_LISTENING),
            advice="set KAFKA_BROKER to use a broker of your own",
        )
    )
    return Kafka(address=process.until_says(_LISTENING)[1], process=process)
