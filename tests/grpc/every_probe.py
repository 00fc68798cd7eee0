"""
Every probe of the walls between merchants: `uv run pytest -n0 -s` with this file's path.

`PROBED_MERCHANTS` says how many there are, 9 if it says nothing: that makes 136,004 probes, which
take minutes, so `uv run pytest` leaves them out and makes 2,000. Times are compared as well, of an
absent id and a foreign one in pairs, by how often the one takes longer than the other.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from itertools import permutations
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import pytest

from referrals_domain.model.code import ReferralCode
from tests.grpc.probes import NOBODYS, Probe, all_probes, token
from tests.grpc.requests import SERVICE
from tests.grpc.service import bare
from tests.grpc.walled import walled

if TYPE_CHECKING:
    from pathlib import Path

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_sandbox.servers.running import Servers
    from tests.grpc.probes import Prober

MERCHANTS: Final = int(os.environ.get("PROBED_MERCHANTS", "9"))
MANY: Final = 40
"""Merchants whose times are compared: each asks for all others' ids, and for each once."""

ALIKE: Final = 0.06
"""
How far from a half the share of pairs may lie in which the foreign id takes longer. Of 1,560 pairs
that are alike it lies farther off in one of 400,000 runs (4.7 standard deviations).
"""


@pytest.mark.timeout(3600)
async def test_every_probe_is_told_nothing(
    servers: Servers, walled_database: PostgresSettings, tmp_path: Path
) -> None:
    began = time.perf_counter()
    async with walled(servers, walled_database, tmp_path, merchants=MERCHANTS) as prober:
        made = await prober.make(all_probes(MERCHANTS))
    methods = Counter(probe.path for probe in all_probes(MERCHANTS))
    print(f"\n{made:,} probes in {time.perf_counter() - began:.0f} s")  # noqa: T201
    for path, number in methods.most_common():
        print(f"{number:8,} {path}")  # noqa: T201 - what the run is for
    assert made == methods.total() >= 100_000


@pytest.mark.timeout(3600)
async def test_the_time_tells_nothing(
    servers: Servers, walled_database: PostgresSettings, tmp_path: Path
) -> None:
    async with walled(servers, walled_database, tmp_path, merchants=MANY) as prober:
        for method, field in (
            ("GetReferralStatus", "referral_id"),
            ("GetReferral", "referral_id"),
            ("GetReferralLink", "code"),
            ("ShareLink", "referral_link_id"),
        ):
            slower = 0
            pairs = list(permutations(range(MANY), 2))
            random.shuffle(pairs)
            for merchant, other in pairs:
                path, took = f"/{SERVICE.full_name}/{method}", {}
                for owner in random.sample((other, None), 2):  # in turns would fall into step
                    probe = Probe(path, merchant, merchant, ((field, owner),))
                    took[owner] = await _seconds(prober, probe, field)
                slower += took[other] > took[None]
            share = slower / len(pairs)
            print(f"\n{method}: foreign took longer in {share:.3f} of {len(pairs)}")  # noqa: T201
            assert abs(share - 0.5) < ALIKE


async def _seconds(prober: Prober, probe: Probe, field: str) -> float:
    """Make a probe, and return how long it took; nobody's id is asked for the first time."""
    new = str(ReferralCode.of_number(random.getrandbits(44))) if field == "code" else str(uuid4())
    request = prober.request(probe).replace(NOBODYS[field].encode(), new.encode())
    metadata = (("authorization", f"Bearer {token(probe.token)}"),)
    began = time.perf_counter()
    call: Any = bare(prober.channel, probe.path)(request, metadata=metadata, timeout=60)
    await call.code()
    return time.perf_counter() - began
