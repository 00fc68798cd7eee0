"""The model's values as JSON documents that we read back ourselves."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec
from cattrs.preconf.json import make_converter

T = TypeVar("T")

_CONVERTER: Final = make_converter(omit_if_default=True)
_ENCODER: Final = msgspec.json.Encoder(order="sorted", enc_hook=str)  # identifiers are strings


def to_document(value: object) -> str:
    """Return a value of the model as JSON: the same text for the same value."""
    return _ENCODER.encode(_CONVERTER.unstructure(value)).decode()


def from_document(kind: type[T], document: str) -> T:
    """
    Read a value that `to_document` wrote.

    Raises:
        cattrs.BaseValidationError: The document is not one of this kind.
    """
    return _CONVERTER.structure(msgspec.json.decode(document), kind)
