"""All that a client of a running sandbox needs to know, as a JSON file."""

import json
from pathlib import Path
from typing import Self

import attrs

from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.whole_file import write_whole


@attrs.frozen(kw_only=True)
class Description:
    """
    A running sandbox as its clients see it.

    Args:
        grpc: The gRPC service, as `host:port`.
        webhook: The URL of the webhook service; Shopify's topics are paths below it.
        gateway: The URL of the gateway: paths as those of webhooks and of gRPC, and gRPC as JSON.
        merchant_page: The URL of the merchant page, with the token and the merchant for it.
        database_url: PostgreSQL, as libpq and asyncpg read it.
        redis_url: Redis.
        kafka: The broker, as `host:port`.
        auth: Auth, as `host:port`.
        core: Core, as `host:port`.
        points: The URL at which Points shows what it heard and did; see `neighbours.showing`.
        rfm_analytics: The same of RFM Analytics.
        admincore: The same of AdminCore.
        shopify: The URL of Shopify; see `neighbours.shopify_platform.shopkeeper`.
        merchant_id: The merchant.
        shop_domain: Their shop.
        storefront: Where friends are sent.
        token: May act for the merchant: `authorization: Bearer TOKEN`.
        service_token: May act for every merchant.
        shopify_secret: Signs webhooks.
        customer_id: The advocate.
        referral_link_id: The advocate's link.
        referral_link_code: Its code.
        world: The file with what Auth and Core know; see `neighbours.world`.
        work_dir: The folder with the logs of all processes.
        pid: The process that it all belongs to.
    """

    grpc: str
    webhook: str
    gateway: str
    merchant_page: str = attrs.field(repr=False)
    database_url: str
    redis_url: str
    kafka: str
    auth: str
    core: str
    points: str
    rfm_analytics: str
    admincore: str
    shopify: str
    merchant_id: str
    shop_domain: str
    storefront: str
    token: str = attrs.field(repr=False)
    service_token: str = attrs.field(repr=False)
    shopify_secret: str = attrs.field(repr=False)
    customer_id: str
    referral_link_id: str
    referral_link_code: str
    world: str
    work_dir: str
    pid: int

    @property
    def gateway_address(self) -> str:
        """The gateway as gRPC names it: `host:port`."""
        return self.gateway.removeprefix("http://")

    @classmethod
    def read(cls, path: Path) -> Self:
        """
        Read a file that `write` wrote.

        Raises:
            SandboxError: There is no such file, or it is something else.
        """
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
            return cls(**{field.name: known[field.name] for field in attrs.fields(cls)})
        except OSError as error:
            raise SandboxError(f"cannot read {path}: {error.strerror}") from error
        except (LookupError, RecursionError, TypeError, ValueError) as error:
            raise SandboxError(f"{path} does not describe a sandbox") from error

    def as_document(self) -> dict[str, str | int]:
        """Return what `write` writes."""
        return {field.name: getattr(self, field.name) for field in attrs.fields(Description)}

    def write(self, path: Path) -> None:
        """
        Write all of it into a file, in one step.

        Raises:
            SandboxError: The file cannot be written.
        """
        try:
            write_whole(path, json.dumps(self.as_document(), indent=2) + "\n")
        except OSError as error:
            raise SandboxError(f"cannot write {path}: {error.strerror}") from error
