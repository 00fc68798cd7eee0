"""Where Kafka is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import attrs

if TYPE_CHECKING:
    from referrals_adapters.wire.variables import Variables


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
            SettingsError: It is not set.
        """
        return cls(broker=variables.text("KAFKA_BROKER"))
