"""How the http role is put together."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from dependency_injector.providers import Dependency, List, Singleton

from referrals_adapters.flow.backoff import Backoff
from referrals_adapters.flow.batcher import Batcher
from referrals_adapters.postgres.landings import RememberedLandings
from referrals_adapters.postgres.pool import open_pool
from referrals_adapters.shopify.payloads import READERS
from referrals_adapters.shopify.privacy import PRIVACY_READERS
from referrals_adapters.system.ids import RandomIds
from referrals_domain.model.privacy import PrivacyTopic
from referrals_domain.use_cases.count_visits import CountVisits
from referrals_domain.use_cases.follow_link import FollowLink
from referrals_domain.use_cases.quarantine_bodies import QuarantineBodies
from referrals_domain.use_cases.switch_program_off import SwitchProgramOff
from referrals_domain.use_cases.take_privacy_call import TakePrivacyCall
from referrals_webhook import merchant, storefront
from referrals_webhook.app import application
from referrals_webhook.container.database import DatabaseContainer
from referrals_webhook.follow import FollowedLinks
from referrals_webhook.handlers import Webhook
from referrals_webhook.probes import Probes
from referrals_webhook.routine import Routine
from referrals_webhook.taking import AcceptDelivery, TakeNotice, TakeOrder, TakeUninstalled
from referrals_webhook.tally import STORED_EVERY, Tally

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_adapters.telemetry.metrics import Metrics
    from referrals_webhook.settings import HttpSettings
    from referrals_webhook.static_file import StaticFile

LANDINGS_LAST: Final = Backoff(first=timedelta(seconds=10), cap=timedelta(seconds=10))
"""How long what leads friends may be other than what the database says."""

_MOST_DELIVERIES: Final = 200  # in a transaction


def _for_every_topic(
    *, accept: AcceptDelivery, requests: TakePrivacyCall, off: SwitchProgramOff, **parts: Any
) -> list[Webhook]:
    secret, clock = parts["secrets"][0], parts["clock"]
    orders = {
        topic: TakeOrder(topic=topic, read=read, secret=secret, accept=accept, clock=clock)
        for topic, read in READERS.items()
    }
    privacy = {
        topic: TakeNotice(read=read, take=requests.of_shop, clock=clock)
        for topic, read in PRIVACY_READERS.items()
    }
    uninstalled = {PrivacyTopic.APP_UNINSTALLED: TakeUninstalled(off)}
    return [
        Webhook(topic=topic, take=take, **parts)
        for topic, take in (orders | privacy | uninstalled).items()
    ]


def _files() -> dict[str, StaticFile]:
    return {storefront.PATH: storefront.script(), **merchant.page()}


class HttpContainer(DatabaseContainer):
    """The http role."""

    secrets = Dependency(instance_of=tuple)

    batcher = Singleton(
        Batcher,
        DatabaseContainer.accept_deliveries,
        limit=_MOST_DELIVERIES,
    )
    quarantine = Singleton(QuarantineBodies, begin=DatabaseContainer.begin.provider)
    webhooks = Singleton(
        _for_every_topic,
        secrets=secrets,
        accept=batcher.provided.submit,
        requests=Singleton(
            TakePrivacyCall, begin=DatabaseContainer.begin.provider, ids=Singleton(RandomIds)
        ),
        off=Singleton(SwitchProgramOff, begin=DatabaseContainer.begin.provider),
        quarantine=quarantine,
        clock=DatabaseContainer.clock,
        answered=DatabaseContainer.metrics.provided.answered,
    )
    probes = Singleton(Probes, DatabaseContainer.begin.provider)
    landings = Singleton(RememberedLandings, begin=DatabaseContainer.begin.provider)
    tally = Singleton(Tally, Singleton(CountVisits, begin=DatabaseContainer.begin.provider))
    links = Singleton(
        FollowedLinks,
        follow=Singleton(FollowLink, landings=landings, clock=DatabaseContainer.clock),
        count=tally.provided.add,
        followed=DatabaseContainer.metrics.provided.followed,
    )
    files = Singleton(_files)
    app = Singleton(application, webhooks, links, files, probes)
    routines = List(
        Singleton(Routine, name="visits", step=tally.provided.flush, when_idle=STORED_EVERY),
        Singleton(
            Routine, name="landings", step=landings.provided.refresh, when_idle=LANDINGS_LAST
        ),
    )


@asynccontextmanager
async def running_http(settings: HttpSettings, metrics: Metrics) -> AsyncIterator[HttpContainer]:
    """Open what the http role needs, and close it at the end of the block."""
    async with AsyncExitStack() as stack:
        container = HttpContainer(
            pool=await stack.enter_async_context(
                open_pool(settings.database, application="referrals-webhook-http")
            ),
            metrics=metrics,
            secrets=settings.shopify.secrets,
        )
        for part in (container.batcher(), container.landings(), container.tally()):
            await stack.enter_async_context(aclosing(part))
        yield container
