"""
A broker that speaks Kafka's protocol: `python -m referrals_sandbox.servers.kafka_broker`.

It is the mock cluster inside librdkafka, which the wheel `confluent-kafka` brings; nothing is
kept when it ends. It prints `listening on HOST:PORT`, and ends with its standard input or by
SIGTERM. A line `down` there makes it refuse connections, `up` accept them again with all its
records, and `delay MS` answer that late.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.wheels import wheel_file

_PRODUCER = 0
_BROKER = 1  # brokers are numbered from 1
_ERROR_SIZE = 512


def library() -> Path:
    """
    Return librdkafka.

    Raises:
        SandboxError: The wheel `confluent-kafka` is not installed.
    """
    return wheel_file(
        "confluent_kafka",
        "../confluent_kafka.libs/librdkafka*.so*",
        what="Kafka",
        instead="KAFKA_BROKER",
    )


class MockCluster:
    """
    A cluster of one broker on a free port of the loopback address.

    Args:
        path: librdkafka.

    Raises:
        SandboxError: It could not be made.
    """

    def __init__(self, path: Path) -> None:
        self._rdkafka = _declared(ctypes.CDLL(str(path)))
        reason = ctypes.create_string_buffer(_ERROR_SIZE)
        conf = self._rdkafka.rd_kafka_conf_new()
        # Only the cluster is used: its client has no server and would complain about that.
        self._rdkafka.rd_kafka_conf_set(conf, b"log_level", b"0", reason, _ERROR_SIZE)
        client = self._rdkafka.rd_kafka_new(_PRODUCER, conf, reason, _ERROR_SIZE)
        self._cluster = client and self._rdkafka.rd_kafka_mock_cluster_new(client, 1)
        if not self._cluster:
            raise SandboxError(f"librdkafka has no mock cluster: {reason.value.decode()}")
        # A group waits for no second member: the mock serves one only.
        self._rdkafka.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 0)

    @property
    def address(self) -> str:
        """Where it listens."""
        address: bytes = self._rdkafka.rd_kafka_mock_cluster_bootstraps(self._cluster)
        return address.decode()

    def down(self) -> None:
        """Drop all connections and accept no more."""
        self._rdkafka.rd_kafka_mock_broker_set_down(self._cluster, _BROKER)

    def up(self) -> None:
        """Accept connections again."""
        self._rdkafka.rd_kafka_mock_broker_set_up(self._cluster, _BROKER)

    def delay(self, milliseconds: int) -> None:
        """Answer every request that much later."""
        self._rdkafka.rd_kafka_mock_broker_set_rtt(self._cluster, _BROKER, milliseconds)


def main() -> None:
    """Serve until told to end."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: os._exit(0))
    cluster = MockCluster(library())
    print(f"listening on {cluster.address}", flush=True)
    for line in sys.stdin:
        match line.split():
            case ["down"]:
                cluster.down()
            case ["up"]:
                cluster.up()
            case ["delay", milliseconds]:
                cluster.delay(int(milliseconds))
            case _:
                line = f"cannot {line}"  # noqa: PLW2901 - said instead
        print(line.strip(), flush=True)
    os._exit(0)  # librdkafka's threads go on, so it is not unloaded under their feet


def _declared(rdkafka: ctypes.CDLL) -> ctypes.CDLL:
    """Declare the functions in use, as in `rdkafka.h` and `rdkafka_mock.h` of 2.16."""
    pointer, text, integer, size = (
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_int32,
        ctypes.c_size_t,
    )
    for name, result, arguments in (
        ("conf_new", pointer, []),
        ("conf_set", integer, [pointer, text, text, text, size]),
        ("new", pointer, [integer, pointer, text, size]),
        ("mock_cluster_new", pointer, [pointer, integer]),
        ("mock_cluster_bootstraps", text, [pointer]),
        ("mock_group_initial_rebalance_delay_ms", None, [pointer, integer]),
        ("mock_broker_set_down", integer, [pointer, integer]),
        ("mock_broker_set_up", integer, [pointer, integer]),
        ("mock_broker_set_rtt", integer, [pointer, integer, integer]),
    ):
        function = getattr(rdkafka, f"rd_kafka_{name}")
        function.restype, function.argtypes = result, arguments
    return rdkafka


if __name__ == "__main__":
    main()
