"""Events on Kafka, as the neighbours read and write them: CloudEvents 1.0 in binary mode."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

import attrs

COMPLETED = "referral.completed"
REVERSED = "referral.reversed"
REWARDED = "points.rewarded"


@attrs.frozen(kw_only=True)
class Event:
    """
    One event.

    Args:
        id: Its `ce_id`, by which copies are told from new ones.
        type: Its `ce_type`, which is its topic too.
        time: When it happened.
        data: What it says.
    """

    id: str
    type: str
    time: datetime
    data: Mapping[str, Any]

    @classmethod
    def of_message(cls, headers: Mapping[str, bytes], value: bytes | None) -> Self:
        """
        Read a message.

        Raises:
            ValueError: It is no CloudEvent with a JSON object for data.
        """
        try:
            texts = {name: headers[name].decode() for name in ("ce_id", "ce_type", "ce_time")}
        except KeyError as error:
            raise ValueError(f"the header {error} is missing") from error
        data = json.loads(value or b"null")
        if not isinstance(data, dict) or not isinstance(data.get("referral_id"), str):
            raise ValueError("the data is no object with a referral_id")  # noqa: TRY004 - as said
        time = datetime.fromisoformat(texts["ce_time"])
        return cls(id=texts["ce_id"], type=texts["ce_type"], time=time, data=data)

    @property
    def referral_id(self) -> str:
        """The referral that it is about, which is the message's key too."""
        return str(self.data["referral_id"])

    def headers(self, source: str) -> list[tuple[str, bytes]]:
        """Return the headers of a message that says it."""
        attributes = {
            "ce_specversion": "1.0",
            "ce_id": self.id,
            "ce_source": source,
            "ce_type": self.type,
            "ce_time": self.time.isoformat(),
            "content-type": "application/json",
        }
        return [(name, value.encode()) for name, value in attributes.items()]

    def value(self) -> bytes:
        """Return the body of a message that says it."""
        return json.dumps(self.data, separators=(",", ":")).encode()
