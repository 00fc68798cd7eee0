"""
What a query costs: before it runs by what it asks for, afterwards by what came.

The table is https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits; that connections
count by the logarithm of their size, and `pageInfo` for nothing, is what Shopify's people answer
to https://community.shopify.dev/t/how-to-calculate-graphql-cost-estimates/24364 and what others
measured (25 points for 250 variants with an object each; November 2026). How the actual cost sizes
a connection is not told: here as the requested one, by what came.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
)
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graphql import DocumentNode, SelectionSetNode

MOST: Final = 1000
"""What a single query may cost, whatever the plan."""

_MUTATION: Final = 10
_CONNECTION: Final = 2
_OBJECT: Final = 1
_FREE: Final = "PageInfo"
_ASKED: Final = object()  # in place of an answer, while there is none


@attrs.frozen
class Costs:
    """
    The costs of one operation.

    Args:
        schema: What it is valid for.
        operation: The operation.
        fragments: The fragments beside it, by name.
        variables: The values of its variables.
    """

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues

    def requested(self) -> int:
        """Return what it may cost at most."""
        return self.actual(_ASKED)

    def actual(self, data: Any) -> int:
        """Return what it costs, now that this came."""
        if self.operation.operation is OperationType.MUTATION:
            return _MUTATION * len(self.operation.selection_set.selections)
        root = self.schema.get_root_type(self.operation.operation)
        return self._object(root, self.operation.selection_set, data) if root else 0

    def _object(self, kind: GraphQLObjectType, asked: SelectionSetNode, came: Any) -> int:
        return sum(
            self._field(kind, field, came if came is _ASKED else came.get(_key(field)))
            for field in self._fields(asked)
        )

    def _field(self, parent: GraphQLObjectType, field: FieldNode, came: Any) -> int:
        definition = parent.fields.get(field.name.value)
        kind = get_named_type(definition.type) if definition else None
        if not isinstance(kind, GraphQLObjectType) or not definition or not field.selection_set:
            return 0
        if kind.name == _FREE:
            return 0
        if came is None:
            return _OBJECT
        ones: Sequence[Any] = came if isinstance(came, list) else [came]
        dearest = max((self._object(kind, field.selection_set, one) for one in ones), default=0)
        if not kind.name.endswith("Connection"):
            return _OBJECT + dearest
        if came is _ASKED:
            size = get_argument_values(definition, field, self.variables).get("first") or 0
        else:
            size = len(came.get("nodes", ()))
        return _CONNECTION + _sized(size) * dearest

    def _fields(self, asked: SelectionSetNode) -> Iterator[FieldNode]:
        for one in asked.selections:
            match one:
                case FieldNode():
                    yield one
                case InlineFragmentNode():
                    yield from self._fields(one.selection_set)
                case FragmentSpreadNode():
                    yield from self._fields(self.fragments[one.name.value].selection_set)
                case _:
                    raise TypeError(f"{one.kind} is no selection")


def costs_of(
    schema: GraphQLSchema, document: DocumentNode, name: str | None, given: dict[str, Any]
) -> Costs | None:
    """
    Return the costs of an operation of a valid document.

    None: it has none, because it will not run: no such operation, or variables of other types.
    """
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    named = [one for one in operations if not name or (one.name and one.name.value == name)]
    if len(named) != 1:
        return None
    values = get_variable_values(schema, named[0].variable_definitions or (), given)
    if isinstance(values, list):
        return None
    fragments = {
        one.name.value: one
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }
    return Costs(schema, named[0], fragments, values)


def _sized(size: int) -> int:
    return math.floor(2 * math.log(max(2, size))) if size else 0


def _key(field: FieldNode) -> str:
    return field.alias.value if field.alias else field.name.value
