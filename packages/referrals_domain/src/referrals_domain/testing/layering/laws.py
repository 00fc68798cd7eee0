"""The laws of how an application uses this library."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from referrals_domain.testing.layering.graph import is_in, told
from referrals_domain.testing.layering.names import imported_names
from referrals_domain.testing.layering.public import LIBRARY, is_public

if TYPE_CHECKING:
    from collections.abc import Collection

    from grimp import ImportGraph

DOMAIN: Final = "referrals_domain"
TESTING: Final = f"{DOMAIN}.testing"
_ADAPTERS: Final = (TESTING, "referrals_adapters")


class Use(NamedTuple):
    """
    An application and the library, as far as they are looked into.

    Args:
        graph: Their imports.
        packages: Their packages.
        composition_roots: The modules in which the application is put together.
    """

    graph: ImportGraph
    packages: Collection[str]
    composition_roots: Collection[str]

    @property
    def library(self) -> Collection[str]:
        """The packages of the library."""
        return [one for one in self.packages if one in LIBRARY]

    @property
    def application(self) -> Collection[str]:
        """The packages of the application."""
        return [one for one in self.packages if one not in LIBRARY]

    def imports(self, within: Collection[str], but: Collection[str] = ()) -> Iterator[Import]:
        """Yield the imports of the modules within packages, but for those within others."""
        for importer in sorted(self.graph.modules):
            if is_in(importer, within) and not is_in(importer, but):
                for imported in sorted(self.graph.find_modules_directly_imported_by(importer)):
                    yield Import(importer, imported)


class Import(NamedTuple):
    """An import of one module by another."""

    importer: str
    imported: str


class Law(NamedTuple):
    """
    A law, and what to do instead of breaking it.

    Args:
        name: What it says.
        guidance: What to do.
        breaches: Where it is broken.
    """

    name: str
    guidance: str
    breaches: Callable[[Use], Iterator[str]]


_Breaches: TypeAlias = Iterator[str]


def _the_library_knows_nobody(use: Use) -> _Breaches:
    for one in use.imports(use.library):
        if is_in(one.imported, use.application):
            yield told(use.graph, *one)


def _attrs_is_enough(use: Use) -> _Breaches:
    known = {*sys.stdlib_module_names, "attrs", *use.packages}
    for one in use.imports([DOMAIN], but=[TESTING]):
        if not is_in(one.imported, known):
            yield told(use.graph, *one)


def _names_are_public(use: Use) -> _Breaches:
    for importer in sorted(use.graph.modules):
        if is_in(importer, use.application):
            for path, line in imported_names(importer):
                if is_in(path, LIBRARY) and not is_public(path):
                    yield f"{importer} imports {path} (l.{line})"


def _adapters_come_in_at_the_root(use: Use) -> _Breaches:
    for one in use.imports(use.application, but=use.composition_roots):
        if is_in(one.imported, _ADAPTERS):
            yield told(use.graph, *one)


def _the_root_is_outermost(use: Use) -> _Breaches:
    for one in use.imports(use.application, but=use.composition_roots):
        if is_in(one.imported, use.composition_roots):
            yield told(use.graph, *one)


LAWS: Final = (
    Law(
        "The library knows nobody who uses it",
        "Hand over what it should know: as an argument, or behind one of its ports.",
        _the_library_knows_nobody,
    ),
    Law(
        "The domain stands on attrs and the standard library",
        "What needs more than that is an adapter, behind a port of referrals_domain.ports.",
        _attrs_is_enough,
    ),
    Law(
        "Only what is public is imported",
        "Names that begin with an underscore, and what use cases are made of, may change with any"
        " version. Ask for what you miss.",
        _names_are_public,
    ),
    Law(
        "Adapters, and what is for tests, come in at a composition root",
        "Everything else takes a port of referrals_domain.ports as an argument.",
        _adapters_come_in_at_the_root,
    ),
    Law(
        "Nobody imports a composition root",
        "It imports the others. What several of them need is a module of its own.",
        _the_root_is_outermost,
    ),
)
