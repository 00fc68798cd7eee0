"""Where a statement forgets the merchant, the database still keeps merchants apart."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tests.grpc.probes import all_probes
from tests.grpc.walled import walled
from tests.statements import reworded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_sandbox.servers.running import Servers
    from tests.grpc.probes import Probe, Prober

MERCHANTS: Final = 3
_OF_THE_MERCHANT: Final = re.compile(
    r"(\w+\.)?merchant_id = (\$\d+::\w+|\w+\.merchant_id)", re.ASCII
)


async def test_statements_that_forget_the_merchant_tell_nothing(
    servers: Servers, walled_database: PostgresSettings, tmp_path: Path
) -> None:
    async with walled(servers, walled_database, tmp_path, merchants=MERCHANTS) as prober:
        with forgetful_statements() as changed:
            assert await _leaks(prober) == set()
        assert len(changed) > 10


async def test_without_the_second_wall_they_would(
    servers: Servers, database: PostgresSettings, tmp_path: Path
) -> None:
    """That is: the test above can fail."""
    async with walled(servers, database, tmp_path, merchants=MERCHANTS) as prober:
        with forgetful_statements():
            leaks = await _leaks(prober)
    assert leaks >= {"ExportCustomerData", "GetReferralStatus", "ListReferrals"}


@contextmanager
def forgetful_statements() -> Iterator[set[str]]:
    """Have no statement ask for its merchant within the block; yield those that did."""
    changed: set[str] = set()

    def forget(statement: str) -> str:
        forgetful = _OF_THE_MERCHANT.sub(r"(\g<0> OR true)", statement)
        if forgetful != statement:
            changed.add(statement)
        return forgetful

    with reworded(forget):
        yield changed


async def _leaks(prober: Prober) -> set[str]:
    """Return the methods that tell something; one call at a time, as reads are made together."""
    leaks = set()
    for probe in all_probes(MERCHANTS):
        if _is_foreign(probe) and probe.method not in leaks:
            try:
                await prober.require_told_nothing(probe)
            except AssertionError:
                leaks.add(probe.method)
    return leaks


def _is_foreign(probe: Probe) -> bool:
    """Tell whether a merchant makes a probe with another's ids alone, and no new link."""
    owners = {owner for _, owner in probe.owners}
    foreign = len(owners) == 1 and owners.isdisjoint({None, probe.merchant})
    return foreign and probe.token == probe.merchant and probe.method != "CreateReferralLink"
