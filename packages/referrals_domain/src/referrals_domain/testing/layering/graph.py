"""What the contract types ask of import-linter, and how they tell of imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from importlinter.domain.contract import InvalidContractOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from grimp import ImportGraph


def require_external_packages(session_options: Mapping[str, Any]) -> None:
    """
    Require that libraries are in the graph; without them a contract about them would be kept.

    Raises:
        InvalidContractOptions: They are left out.
    """
    if str(session_options.get("include_external_packages")).lower() != "true":
        raise InvalidContractOptions(
            {"include_external_packages": "set it to true, for all contracts, so that it is seen"}
        )


def is_in(module: str, packages: Iterable[str]) -> bool:
    """
    Tell whether a module is one of the packages, or in one.

    >>> is_in("house.room", ["house"]), is_in("house", ["house"]), is_in("houses", ["house"])
    (True, True, False)
    """
    return any(f"{module}.".startswith(f"{package}.") for package in packages)


def told(graph: ImportGraph, importer: str, imported: str) -> str:
    """Tell of an import, and in which lines it is."""
    details = graph.get_import_details(importer=importer, imported=imported)
    lines = ", ".join(str(one["line_number"]) for one in details)
    return f"{importer} imports {imported} (l.{lines})"
