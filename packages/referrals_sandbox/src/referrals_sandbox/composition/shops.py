"""Shops that nobody had before, and the links of their advocates."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.neighbours.frontend import open_frontend
from referrals_sandbox.neighbours.world import Customer, World, WorldFile

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from referrals_sandbox.composition.description import Description

_SHOPS = 5
_ADVOCATES = 8  # of each shop
_FIRST_ADVOCATE = 7_360_412_000_000


@attrs.frozen(kw_only=True)
class Link:
    """
    An advocate's link.

    Args:
        merchant_id: The merchant.
        shop_domain: Their shop.
        id: The link.
        code: Its code.
    """

    merchant_id: str
    shop_domain: str
    id: str
    code: str


def open_shops(sandbox: Description) -> Sequence[Link]:
    """
    Open shops that nobody had before, each with a program, and return all links.

    Raises:
        SandboxError: The gRPC service refuses, or does not answer.
    """
    run = secrets.token_hex(4)
    merchants = [f"shop-{run}-{number}" for number in range(_SHOPS)]
    advocates = [str(_FIRST_ADVOCATE + number) for number in range(_ADVOCATES)]
    known = Customer(frequency=7, first_order_time=datetime.now(UTC) - timedelta(days=400))
    let_in(
        sandbox,
        merchants,
        {f"{merchant}/{one}": known for merchant in merchants for one in advocates},
    )
    with open_frontend(sandbox.grpc, sandbox.token) as frontend:
        programs = [frontend.put_program(program_of(merchant_id)) for merchant_id in merchants]
        return [
            Link(
                merchant_id=program.merchant_id,
                shop_domain=program.shop_domain,
                id=link.id,
                code=link.code,
            )
            for program in programs
            for customer_id in advocates
            for link in [frontend.create_link(program.merchant_id, customer_id)]
        ]


def let_in(
    sandbox: Description, merchants: Collection[str], customers: Mapping[str, Customer | None]
) -> None:
    """
    Have Auth know merchants, for whom the sandbox's token may act, and Core customers.

    Args:
        sandbox: Whose Auth and Core.
        merchants: The merchants.
        customers: The customers by `MERCHANT/CUSTOMER`, as in `World`.
    """

    def with_them(world: World) -> World:
        token = sandbox.token
        return attrs.evolve(
            world,
            merchants={**world.merchants, **dict.fromkeys(merchants, True)},
            tokens={**world.tokens, token: [*world.tokens[token], *merchants]},
            customers={**world.customers, **customers},
        )

    WorldFile(Path(sandbox.world)).change(with_them)


def program_of(merchant_id: str) -> pb.Program:
    """Return the program of a shop that nobody had before."""
    return pb.Program(
        merchant_id=merchant_id,
        shop_domain=f"{merchant_id}.myshopify.com",
        storefront_url=f"https://{merchant_id}.example",
        complete_on=pb.COMPLETE_ON_ORDER_CREATED,
    )
