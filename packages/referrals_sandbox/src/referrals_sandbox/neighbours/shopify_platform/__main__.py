"""Shopify in a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import signal

from referrals_sandbox.neighbours.shopify_platform.circumstances import Circumstances
from referrals_sandbox.neighbours.shopify_platform.platform import Shopify
from referrals_sandbox.neighbours.shopify_platform.serving import serving


async def main(address: str, speed: float) -> None:
    """Serve until SIGTERM; a line `listening on HOST:PORT` tells that calls are answered."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with serving(Shopify(Circumstances(speed=speed)), address):
        print(f"listening on {address}", flush=True)
        await ended.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", required=True, metavar="HOST:PORT")
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster hours pass")
    options = parser.parse_args()
    asyncio.run(main(options.listen, options.speed))
