"""How Apache Kafka is reached over TLS: by a certificate, or by name and password."""

from __future__ import annotations

import json
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final, Self

import attrs
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tests.tls.authority import Authority

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

USER: Final = "referrals"
_MODULES: Final = "org.apache.kafka.common.security"


@attrs.frozen(kw_only=True)
class Secure:
    """
    A broker's encrypted ports.

    Args:
        folder: Has `ca.pem`, `us.pem` with `us.key`, and what the broker itself needs.
        by_certificate: `host:port` where clients need a certificate.
        by_password: `host:port` where they need a password.
        password: That of the user.
    """

    folder: Path
    by_certificate: str
    by_password: str
    password: str

    @classmethod
    def made(cls, folder: Path, host: str, *ports: int) -> Self:
        """Make certificates and a password for a broker that will listen on these ports."""
        folder.mkdir()
        authority = Authority(folder)
        authority.identity("us")
        broker = authority.identity("broker", host=host)
        key = load_pem_private_key(broker.key_file.read_bytes(), password=None)
        in_one = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "keystore.pem").write_bytes(in_one + broker.certificate_file.read_bytes())
        by_certificate, by_password = (f"{host}:{port}" for port in ports)
        secure = cls(
            folder=folder,
            by_certificate=by_certificate,
            by_password=by_password,
            password=token_urlsafe(16),
        )
        told = {**attrs.asdict(secure), "folder": str(folder), "ca": str(authority.ca_file)}
        secure.file.write_text(json.dumps(told))
        return secure

    @classmethod
    def told(cls, file: Path) -> Self:
        """Read what a file says of a broker."""
        told = json.loads(file.read_text())
        return cls(
            folder=Path(told["folder"]),
            by_certificate=told["by_certificate"],
            by_password=told["by_password"],
            password=told["password"],
        )

    @property
    def file(self) -> Path:
        """What tells others of it."""
        return self.folder / "secure.json"

    @property
    def listeners(self) -> Mapping[str, tuple[str, str]]:
        """By name: the protocol of each port, and where it is."""
        return {"TLS": ("SSL", self.by_certificate), "SASL": ("SASL_SSL", self.by_password)}

    @property
    def settings(self) -> Mapping[str, str]:
        """What the broker must know of them."""
        plain = f'{_MODULES}.plain.PlainLoginModule required user_{USER}="{self.password}";'
        scram = f"{_MODULES}.scram.ScramLoginModule required;"
        return {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.folder / "keystore.pem"),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.folder / "ca.pem"),
            "listener.name.tls.ssl.client.auth": "required",
            "listener.name.sasl.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
            "listener.name.sasl.plain.sasl.jaas.config": plain,
            "listener.name.sasl.scram-sha-256.sasl.jaas.config": scram,
            "listener.name.sasl.scram-sha-512.sasl.jaas.config": scram,
        }

    @property
    def users(self) -> Sequence[str]:
        """What the tool that formats the broker's storage must be told."""
        user = f"[name={USER},password={self.password}]"
        kinds = ("SCRAM-SHA-256", "SCRAM-SHA-512")
        return tuple(word for kind in kinds for word in ("--add-scram", f"{kind}={user}"))
