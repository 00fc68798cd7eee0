"""Where Kafka is, and who we are there."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from referrals_adapters.wire.renewing import encrypting
from referrals_adapters.wire.secret import Secret
from referrals_adapters.wire.tls import ClientTls
from referrals_adapters.wire.variables import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_adapters.wire.variables import Variables

DEFAULT_RETENTION: Final = timedelta(days=30)
"""How long customer ids lie on Kafka after a redaction, at most."""

_DAYS: Final = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)
_BROKER: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}")


_SASL: Final = (
    *("KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME"),
    *("KAFKA_SASL_PASSWORD", "KAFKA_SASL_PASSWORD_FILE"),
)
MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


@attrs.frozen(kw_only=True)
class Sasl:
    """
    Who we are, where that is said by name and password.

    Args:
        mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
        username: Our name.
        password: Our password; never shown.
    """

    mechanism: str
    username: str
    password: Secret = attrs.field(converter=Secret)

    @classmethod
    def read(cls, variables: Variables) -> Self | None:
        """
        Read `KAFKA_SASL_MECHANISM`, `_USERNAME` and `_PASSWORD`; None if none is set.

        Raises:
            SettingsError: The mechanism is another, or one of them is missing.
        """
        if not any(variables.values.get(name) for name in _SASL):
            return None
        mechanism = variables.text("KAFKA_SASL_MECHANISM")
        if mechanism not in MECHANISMS:
            raise SettingsError(
                f"KAFKA_SASL_MECHANISM is one of {', '.join(MECHANISMS)}, not {mechanism!r}"
            )
        return cls(
            mechanism=mechanism,
            username=variables.text("KAFKA_SASL_USERNAME"),
            password=variables.secret("KAFKA_SASL_PASSWORD"),
        )


@attrs.frozen(kw_only=True)
class KafkaSettings:
    """
    Where Kafka is, and how long it is to keep events.

    Args:
        broker: `host:port` of a broker, or of several with commas between them.
        retention: How long a topic that is made here keeps an event; what stands is left as it is.
        tls: How connections are encrypted, if they are to be.
        sasl: Who we are, if that is said by name and password.
    """

    broker: str
    retention: timedelta = DEFAULT_RETENTION
    tls: ClientTls | None = None
    sasl: Sasl | None = None

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read `KAFKA_BROKER`, `KAFKA_RETENTION_DAYS` (30), and what stands behind `KAFKA_TLS`.

        Raises:
            SettingsError: The broker is not set, one of them has another form, or a password
                would go over a connection that is not encrypted.
        """
        broker = variables.text("KAFKA_BROKER")
        if not all(_BROKER.fullmatch(one.strip()) for one in broker.split(",")):
            raise SettingsError(f"KAFKA_BROKER is host:port, or several with commas: {broker!r}")
        days = variables.text("KAFKA_RETENTION_DAYS", default=str(DEFAULT_RETENTION.days))
        if not _DAYS.fullmatch(days):
            raise SettingsError(
                f"KAFKA_RETENTION_DAYS is a number of days from 1 to 9999: {days!r}"
            )
        tls, sasl = ClientTls.read(variables, "KAFKA_TLS"), Sasl.read(variables)
        if sasl and not tls:
            raise SettingsError("KAFKA_TLS_CA_FILE is not set, and KAFKA_SASL_MECHANISM needs it")
        return cls(broker=broker, retention=timedelta(days=int(days)), tls=tls, sasl=sasl)

    @property
    def connection(self) -> Mapping[str, Any]:
        """How aiokafka finds brokers, and speaks with them."""
        how: dict[str, Any] = {"bootstrap_servers": self.broker}
        if self.tls:
            how |= {"security_protocol": "SSL", "ssl_context": encrypting(self.tls)}
        if self.sasl:
            how |= {
                "security_protocol": "SASL_SSL",
                "sasl_mechanism": self.sasl.mechanism,
                "sasl_plain_username": self.sasl.username,
                "sasl_plain_password": self.sasl.password.revealed(),
            }
        return how
