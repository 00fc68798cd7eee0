"""`docs/events/asyncapi.yaml`, and what keeps it."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

import attrs
from jsonschema import Draft7Validator, FormatChecker
from ruamel.yaml import YAML

from referrals_adapters.wire.events import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER: Final = Path(__file__).parents[2] / "docs" / "events"
FILE: Final = FOLDER / "asyncapi.yaml"
RELEASED: Final = FOLDER / "released.yaml"

Node: TypeAlias = dict[str, Any]

_FORMATS: Final = FormatChecker(formats=("uuid",))


@_FORMATS.checks("date-time", raises=ValueError)
def _is_a_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@attrs.frozen
class Contract:
    """
    An AsyncAPI document.

    Args:
        document: What it says.
    """

    document: Node = attrs.field(repr=False)

    @classmethod
    def read(cls, path: Path = FILE) -> Self:
        """Read a document; it is the reader's own, to change."""
        return cls(YAML(typ="safe", pure=True).load(path))

    def exact(self) -> Self:
        """Return the contract that demands every field it names, and allows no other."""
        document = deepcopy(self.document)
        for node in nodes(document):
            if node.get("type") == "object" and "properties" in node:
                node |= {"additionalProperties": False, "required": [*node["properties"]]}
        return attrs.evolve(self, document=document)

    def schemas(self, topic: str) -> dict[str, Node]:
        """Return the schemas of a topic's key, headers and data."""
        (message,) = (
            self.resolved(reference)
            for channel in self.document["channels"].values()
            if channel["address"] == topic
            for reference in channel["messages"].values()
        )
        return {
            "key": message["bindings"]["kafka"]["key"],
            "headers": message["headers"],
            "data": message["payload"],
        }

    def faults(self, message: Message) -> list[str]:
        """Return what a message does against the contract."""
        schemas = self.schemas(message.topic)
        return [
            f"{part}{error.json_path[1:]}: {error.message}"
            for part, value in parts(message).items()
            for error in self.validator(schemas[part]).iter_errors(value)
        ]

    def validator(self, schema: Node) -> Draft7Validator:
        """Return what checks values against a schema of the document."""
        # AsyncAPI's schema objects are draft 7; their references start at the document's root.
        rooted = {**schema, "components": self.document["components"]}
        return Draft7Validator(rooted, format_checker=_FORMATS)

    def promised(self, message: Message) -> Message:
        """Return what is left of a message if only what every consumer is promised is sent."""
        schemas = self.schemas(message.topic)
        kept = {part: self._promised(schemas[part], of) for part, of in parts(message).items()}
        return of_parts(message.topic, **kept)

    def resolved(self, node: Node) -> Node:
        """Return what a reference leads to; any other node is what it is."""
        if "$ref" not in node:
            return node
        found = self.document
        for name in node["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return self.resolved(found)

    def _promised(self, schema: Node, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        together = list(self._together(schema))
        required = {name for one in together for name in one.get("required", ())}
        return {
            name: self._promised({"allOf": [_field(one, name) for one in together]}, value[name])
            for name in value
            if name in required
        }

    def _together(self, schema: Node) -> Iterator[Node]:
        """Yield the schemas that hold at once where one does."""
        here = self.resolved(schema)
        yield here
        for one in here.get("allOf", ()):
            yield from self._together(one)


def parts(message: Message) -> dict[str, Any]:
    """Return a message's key, headers and data as the contract sees them."""
    return {
        "key": message.key.decode(),
        "headers": {name: value.decode() for name, value in message.headers},
        "data": json.loads(message.value),
    }


def of_parts(topic: str, *, key: str, headers: dict[str, str], data: Node) -> Message:
    """Return a message of such parts."""
    return Message(
        topic=topic,
        key=key.encode(),
        headers=[(name, value.encode()) for name, value in headers.items()],
        value=json.dumps(data).encode(),
    )


def nodes(node: Any) -> Iterator[Node]:
    """Yield every object of a document."""
    if isinstance(node, dict):
        yield node
    if isinstance(node, dict | list):
        for one in node.values() if isinstance(node, dict) else node:
            yield from nodes(one)


def _field(schema: Node, name: str) -> Node:
    """Return what a schema says of a field, which may be nothing."""
    field: Node = schema.get("properties", {}).get(name, {})
    return field
