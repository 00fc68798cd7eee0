"""Connections of the services that misbehave, or are refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import attrs

from referrals_sandbox.chaos.faults import Fault
from referrals_sandbox.chaos.weather import Bad, Struck
from referrals_sandbox.servers.proxy import Address, Fair


@attrs.frozen(kw_only=True)
class Stormy(Fault):
    """
    Bad weather on the connections to a server.

    Args:
        name: What kind of fault it is.
        target: What it befalls.
        address: By which the services reach the server.
        weather: Makes the weather of a connection.
    """

    name: str
    target: str
    address: Address
    weather: Callable[[Struck], Bad]

    async def strike(self, seconds: float) -> bool:
        """Have it, and end the connections that are of no use any more."""
        struck = Struck()
        self.address.change(lambda: self.weather(struck))
        await asyncio.sleep(seconds)
        spoilt = [
            joint
            for joint in self.address.joints
            if isinstance(joint.weather, Bad) and joint.weather.is_spoilt
        ]
        self.address.change(Fair)
        for joint in spoilt:
            joint.cut(by_reset=True)
        return struck.connections > 0


@attrs.frozen(kw_only=True)
class Down(Fault):
    """
    A server that refuses connections, and has ended those that there were.

    Args:
        target: What it befalls.
        address: By which the services reach the server.
    """

    name: str = "connections refused"
    target: str
    address: Address

    async def strike(self, seconds: float) -> bool:
        """End all connections, and take no more for a while."""
        self.address.is_open = False
        ended = list(self.address.joints)
        for joint in ended:
            joint.cut(by_reset=False)
        await asyncio.sleep(seconds)
        self.address.is_open = True
        return bool(ended)
