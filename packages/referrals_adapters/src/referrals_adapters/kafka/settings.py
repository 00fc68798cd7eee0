"""Where Kafka is."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self

import attrs

from referrals_adapters.wire.variables import SettingsError

if TYPE_CHECKING:
    from referrals_adapters.wire.variables import Variables

DEFAULT_RETENTION: Final = timedelta(days=30)
"""How long customer ids lie on Kafka after a redaction, at most."""

_DAYS: Final = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)
_BROKER: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}")


@attrs.frozen(kw_only=True)
class KafkaSettings:
    """
    Where Kafka is, and how long it is to keep events.

    Args:
        broker: `host:port` of a broker, or of several with commas between them.
        retention: How long a topic that is made here keeps an event; what stands is left as it is.
    """

    broker: str
    retention: timedelta = DEFAULT_RETENTION

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read `KAFKA_BROKER` and `KAFKA_RETENTION_DAYS` (30).

        Raises:
            SettingsError: The broker is not set, or one of them has another form.
        """
        broker = variables.text("KAFKA_BROKER")
        if not all(_BROKER.fullmatch(one.strip()) for one in broker.split(",")):
            raise SettingsError(f"KAFKA_BROKER is host:port, or several with commas: {broker!r}")
        days = variables.text("KAFKA_RETENTION_DAYS", default=str(DEFAULT_RETENTION.days))
        if not _DAYS.fullmatch(days):
            raise SettingsError(
                f"KAFKA_RETENTION_DAYS is a number of days from 1 to 9999: {days!r}"
            )
        return cls(broker=broker, retention=timedelta(days=int(days)))
