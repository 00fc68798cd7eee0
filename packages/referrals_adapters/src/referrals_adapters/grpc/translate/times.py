"""Times on the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_OF_A_DAY: Final = 86_400


def timestamp(time: datetime) -> Timestamp:
    """
    Return a time as a message.

    >>> timestamp(datetime(1969, 12, 31, 23, 59, 59, 250_000, UTC))
    seconds: -1
    nanos: 250000000
    <BLANKLINE>
    """
    since = time - _EPOCH
    return Timestamp(
        seconds=since.days * _SECONDS_OF_A_DAY + since.seconds, nanos=since.microseconds * 1000
    )
