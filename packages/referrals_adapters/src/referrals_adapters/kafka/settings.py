"""Where Kafka is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Self

import attrs

from referrals_adapters.wire.variables import SettingsError

if TYPE_CHECKING:
    from referrals_adapters.wire.variables import Variables

_BROKER: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}")


@attrs.frozen(kw_only=True)
class KafkaSettings:
    """
    Where Kafka is.

    Args:
        broker: `host:port` of a broker, or of several with commas between them.
    """

    broker: str

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read `KAFKA_BROKER`.

        Raises:
            SettingsError: It is not set, or has another form.
        """
        broker = variables.text("KAFKA_BROKER")
        if not all(_BROKER.fullmatch(one.strip()) for one in broker.split(",")):
            raise SettingsError(f"KAFKA_BROKER is host:port, or several with commas: {broker!r}")
        return cls(broker=broker)
