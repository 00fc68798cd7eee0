"""How one input becomes another: as calls and as JSON, for bytes alone would seldom be either."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any, Final

from referrals_domain.testing.builders import CODE, FRIEND, ORDER, REFERRAL, SHOP
from tests.fuzz.calls import MOST_CALLS, TOPICS, Call, read, seeds, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Bytes = Callable[[bytes], bytes]

STRANGE: Final[Sequence[Any]] = (
    *(None, True, False, [], {}, "", 0, 1, -1, 1.5, 10**20, 10**20 - 1, 2**63, 2**53 + 1, 10**400),
    *("9" * 5000, "\x00", "\ud800", "\U0001f98a", "\u0661", "NaN", "1e400", "-0", "0.10", "1200"),
    *(CODE, f"friend-{CODE.lower()}", REFERRAL, SHOP, ORDER, FRIEND, "7001", "ref", "share"),
    *("USD", "JPY", "KWD", "usd", "paid", "refunded", "refund", "success", "pending", "pos"),
    *("203.0.113.9", "2001:db8::1", "::ffff:203.0.113.9", f"/?ref={CODE}&share={REFERRAL}"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-20T10:15:28-05:00"),
    *("1969-12-31T23:59:59Z", "2026-11-20T10:15:28", "https://acme.example/", "https://[::1]/"),
    *("https:", "//acme.example"),
)
"""Values that some reader might stumble over, and some that make others count."""

RAW: Final = (b"NaN", b"1e400", b"-", b"\xff", b'"\xed\xa0\x80"', b"[" * 2000, b"9" * 5000, b"")
"""What is put where a value was, JSON or not."""

_HERE: Final = "<here>"


class Mutation:
    """
    Draws inputs from others.

    Args:
        bytes_changed: Changes bytes as bytes.
    """

    def __init__(self, bytes_changed: Bytes) -> None:
        self._bytes_changed = bytes_changed
        self._known = [call for raw in seeds().values() for call in read(raw)]

    def __call__(self, raw: bytes, seed: int) -> bytes:
        """Return another input; for the same seed the same."""
        random = Random(seed)  # noqa: S311 - chance, not a secret
        calls = read(raw)
        place = random.randrange(len(calls))
        change = random.choice((self._body, self._body, self._body, self._course, self._bytes))
        change(calls, place, random)
        return written(calls)

    def _bytes(self, calls: list[Call], place: int, _random: Random) -> None:
        calls[place] = calls[place]._replace(body=self._bytes_changed(calls[place].body))

    def _course(self, calls: list[Call], place: int, random: Random) -> None:
        """Change which calls there are."""
        drawn = random.randrange(5)
        if drawn == 0:
            calls[place] = calls[place]._replace(topic=random.choice(TOPICS))
        elif drawn == 1 and len(calls) > 1:
            del calls[place]
        elif drawn == 2:
            random.shuffle(calls)
        elif len(calls) < MOST_CALLS:
            calls.insert(place, random.choice([*self._known, *calls]))

    def _body(self, calls: list[Call], place: int, random: Random) -> None:
        """Change a value somewhere in the JSON of a body; of what is none, bytes."""
        try:
            body = json.loads(calls[place].body)
        except (ValueError, RecursionError):
            return self._bytes(calls, place, random)
        whole = {_HERE: body}
        home, key = random.choice(list(_homes(whole)))
        raw = self._put(home, key, random)
        changed = json.dumps(whole.get(_HERE)).encode()
        calls[place] = calls[place]._replace(body=changed.replace(f'"{_HERE}"'.encode(), raw))
        return None

    def _put(self, home: Any, key: Any, random: Random) -> bytes:
        """Change what is in a place; return what is written there if that is `_HERE`."""
        drawn = random.randrange(7)
        if drawn == 0:
            home[key] = _HERE
        elif drawn == 1:
            del home[key]
        elif drawn == 2 and isinstance(home, list):
            home.insert(key, home[key])
        elif drawn == 3 and isinstance(home[key], str):
            text = self._bytes_changed(home[key].encode("utf-8", "replace"))
            home[key] = text.decode("utf-8", "surrogateescape")
        else:
            alike = [one for one in STRANGE if _kind(one) == _kind(home[key])]
            home[key] = random.choice(random.choice((alike, STRANGE)) or STRANGE)
        return random.choice(RAW)


def _kind(value: Any) -> object:
    """Tell what is worth putting in place of what: a time for a time, a URL for a URL."""
    if isinstance(value, str):
        return "T" in value[10:11], "//" in value
    return type(value)


def _homes(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place of a JSON value, as what it is in and its key there."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield value, key
        if isinstance(inner, dict | list):
            yield from _homes(inner)
