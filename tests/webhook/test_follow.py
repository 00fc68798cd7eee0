"""`GET /r/{merchant_id}/{code}`, with the store in memory."""

from __future__ import annotations

import logging
import re
import time
from random import Random
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import attrs
import httpx
import pytest
from dependency_injector.providers import Callable, Object

from referrals_adapters.telemetry.metrics import Metrics
from referrals_domain.errors import Unavailable
from referrals_domain.model.decision import opened
from referrals_domain.model.link import Channel
from referrals_domain.model.link_url import LinkUrl
from referrals_domain.testing import builders
from referrals_domain.testing.builders import CODE, MERCHANT, REFERRAL
from referrals_domain.testing.memory.intake import InMemoryIntake
from referrals_domain.testing.memory.store import InMemoryStore, InMemoryTransaction
from referrals_domain.testing.time_and_chance import FixedClock
from referrals_webhook.container.http import HttpContainer
from tests.tally import tried
from tests.webhook.orders import SECRET
from tests.webhook.served import served
from tests.webhook.test_visitor import FRIENDS, ROBOTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


SHARED: Final = LinkUrl(merchant_id=MERCHANT, code=CODE, share=REFERRAL, channel=Channel.SMS)
FOLLOWED: Final = SHARED.at("")
MANY: Final = 400
STOREFRONT: Final = "https://acme.example"
LED: Final = f"{STOREFRONT}?ref={CODE}&share={REFERRAL}&channel=sms"
FRIEND: Final = {"user-agent": FRIENDS["Safari"]}


@attrs.define(kw_only=True)
class Place:
    """The role's application, its store, and what beginning a transaction on that raises."""

    container: HttpContainer
    store: InMemoryStore = attrs.field(factory=InMemoryStore)
    error: Exception | None = None

    def begin(self) -> InMemoryTransaction:
        if self.error:
            raise self.error
        return self.store.begin()

    async def follow(
        self, path: str = FOLLOWED, headers: Mapping[str, str] = FRIEND, method: str = "GET"
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self.container.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.request(method, path, headers=headers)

    async def seconds(self, path: str) -> float:
        """Return how long a call takes, at best."""
        app = self.container.app()
        path, _, query = path.partition("?")
        headers = [(b"user-agent", FRIEND["user-agent"].encode())]

        async def receive() -> dict[str, object]:
            return {}

        async def send(_: object) -> None:
            pass

        async def many() -> float:
            begun = time.perf_counter()
            for _ in range(100):
                scope = {"type": "http", "method": "GET", "path": path, "headers": headers}
                await app({**scope, "query_string": query.encode()}, receive, send)
            return time.perf_counter() - begun

        return min([await many() for _ in range(9)]) / 100

    async def visits(self) -> int:
        """Store what was counted, and return how many came by the share so far."""
        await self.container.tally().flush()
        async with self.store.begin() as tx:
            key = builders.referral().key
            return dict(await tx.visits.of_shares([key])).get(key, 0)


@pytest.fixture
async def place() -> Place:
    place = Place(container=HttpContainer(metrics=Metrics(), secrets=(SECRET,)))
    place.container.begin.override(Callable(place.begin))
    place.container.intake.override(Object(InMemoryIntake(place.begin)))
    place.container.clock.override(FixedClock(builders.SHARED_AT))
    async with place.store.begin() as tx:
        await tx.programs.save(builders.program())
        await tx.links.add(builders.link())
        await tx.referrals.save([opened(builders.referral())])
        await tx.commit()
    return place


async def test_a_friend_is_led_and_counted(place: Place) -> None:
    answer = await place.follow()
    assert (answer.status_code, answer.headers["location"], answer.content) == (302, LED, b"")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "strict-origin"
    assert "set-cookie" not in answer.headers
    assert await place.visits() == 1
    await place.follow()
    await place.follow()
    assert await place.visits() == 3


@pytest.mark.parametrize("name", ["WhatsApp, and Signal", "iMessage", "curl"])
async def test_what_fetches_links_is_led_and_not_counted(place: Place, name: str) -> None:
    assert (await place.follow(headers={"user-agent": ROBOTS[name]})).headers["location"] == LED
    assert await place.visits() == 0


async def test_so_is_what_fetches_them_ahead(place: Place) -> None:
    answer = await place.follow(headers={**FRIEND, "sec-purpose": "prefetch"})
    assert answer.headers["location"] == LED
    assert await place.visits() == 0


async def test_so_is_who_asks_for_the_head(place: Place) -> None:
    answer = await place.follow(method="HEAD")
    assert (answer.status_code, answer.headers["location"]) == (302, LED)
    assert await place.visits() == 0


async def test_any_other_method_is_refused(place: Place) -> None:
    answer = await place.follow(method="POST")
    assert (answer.status_code, "location" in answer.headers) == (405, False)


@pytest.mark.parametrize(
    "path",
    [
        f"/r/{MERCHANT}/0000000012?s={REFERRAL}",
        f"/r/{MERCHANT}/",
        f"/r/{MERCHANT}/a/b",
        f"/r/{MERCHANT}/{CODE}/",
        f"/r/{MERCHANT}/{CODE}.",
        f"/r/{MERCHANT}/%2F%2Fevil.example",
        f"/r/{MERCHANT}/https://evil.example/?s={REFERRAL}",
    ],
)
async def test_what_is_no_link_leads_to_the_plain_storefront(place: Place, path: str) -> None:
    answer = await place.follow(path)
    assert (answer.status_code, answer.headers["location"]) == (302, STOREFRONT)


@pytest.mark.parametrize(
    "path", ["/r/other/0000000012", "/r/%2e%2e/x", "/r/a%20b/x", "/r/", f"/r/{MERCHANT}", "/r//x"]
)
async def test_who_is_no_merchant_leads_nowhere(place: Place, path: str) -> None:
    answer = await place.follow(path)
    assert (answer.status_code, "location" in answer.headers) == (404, False)


async def test_a_prefix_and_small_letters_lead_as_well(place: Place) -> None:
    answer = await place.follow(f"/r/{MERCHANT}/friend-{CODE.lower()}?c=SMS")
    assert answer.headers["location"] == f"{STOREFRONT}?ref={CODE}&channel=sms"


def odd_requests() -> Iterator[bytes]:
    """Yield what no client of HTTP would say, and no gateway would let pass."""
    chance = Random(0)  # noqa: S311 - the same every time
    pieces = ["/", "//", "\\", "..", "%2e", "%2F%2F", "%5c", "%00", "%0d%0aLocation:%20x", "\xff"]
    pieces += ["r", MERCHANT, CODE, "other", "evil.example", "@evil.example", "https:", "?", "#"]
    pieces += ["&", "=", "s", "c", "ref", "redirect=", REFERRAL, ";", ":443", "[", "+", "%"]
    hosts = [
        "evil.example",
        "acme.example@evil.example",
        "",
        "[::1",
        "x\r\nX-Forwarded-Host: evil",
    ]
    for _ in range(MANY):
        begun = chance.choice(["/r/", f"/r/{MERCHANT}/", f"/r/{MERCHANT}/{CODE}", ""])
        path = begun + "".join(chance.choices(pieces, k=chance.randrange(8)))
        host = chance.choice(hosts)
        yield f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("latin-1")


async def test_nothing_that_a_caller_says_leads_elsewhere(place: Place) -> None:
    led = 0
    async with served(place.container) as role:
        answers = [(request, await role.raw(request)) for request in odd_requests()]
    for request, answer in answers:
        status = int(answer.split()[1])
        locations = re.findall(rb"(?im)^location:(.*)$", answer)
        tried("links")
        if status == 302:
            (location,) = locations
            landed = urlsplit(location.strip().decode())
            assert (landed.scheme, landed.netloc) == ("https", "acme.example"), request
            led += 1
        else:
            assert (status in {400, 404}, locations) == (True, []), (request, answer)
    assert led > MANY / 10


async def test_a_database_that_is_away_changes_nothing_for_what_is_known(place: Place) -> None:
    await place.follow()
    place.error = Unavailable("away")
    assert (await place.follow()).headers["location"] == LED
    other = f"/r/{MERCHANT}/0000000012"
    assert (await place.follow(other)).headers["location"] == f"{STOREFRONT}?ref=0000000012"


async def test_without_the_database_there_is_nowhere_to_lead_for_who_is_not_known(
    place: Place,
) -> None:
    place.error = Unavailable("away")
    answer = await place.follow()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "location" not in answer.headers
    assert "try again" in answer.text
    place.error = None
    assert (await place.follow()).headers["location"] == LED


async def test_an_error_of_ours_is_logged_without_the_code_and_asks_to_try_again(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.error = LookupError(f"about {CODE}")
    with caplog.at_level(logging.ERROR):
        answer = await place.follow()
    assert answer.status_code == 503
    (line,) = caplog.records
    assert (line.getMessage(), line.__dict__["reason"]) == (
        "a link was not followed",
        "LookupError",
    )
    assert CODE not in str(line.__dict__)


async def test_what_became_of_calls_is_counted(place: Place) -> None:
    await place.follow()
    await place.follow(method="HEAD")
    await place.follow(f"/r/{MERCHANT}/x")
    await place.follow("/r/other/x")
    place.error = Unavailable("away")
    await place.follow("/r/another/x")
    counted = place.container.metrics().registry.get_sample_value
    for outcome in ("visit", "robot", "no_link", "no_merchant", "unavailable"):
        assert counted("referrals_links_followed_total", {"outcome": outcome}) == 1


async def test_what_was_revoked_leads_plainly_once_it_was_refreshed(place: Place) -> None:
    await place.follow()
    async with place.store.begin() as tx:
        (link,) = (await tx.links.lock([builders.link().key])).values()
        await tx.links.save(link.revoke(builders.PLACED_AT))
        await tx.commit()
    assert (await place.follow()).headers["location"] == LED
    await place.container.landings().refresh()
    assert (await place.follow()).headers["location"] == STOREFRONT


async def test_what_is_known_costs_little_more_than_a_probe(place: Place) -> None:
    """The time of our own, without sockets: a list of all robots' names would take 20 probes."""
    await place.follow()
    link, probe = [await place.seconds(path) for path in (SHARED.at(""), "/healthz")]
    assert link < 8 * probe
