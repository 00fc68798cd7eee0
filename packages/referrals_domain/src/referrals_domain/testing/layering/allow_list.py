"""A contract type of import-linter: packages use the libraries that are listed, and no others."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from importlinter import Contract, ContractCheck, fields, output

from referrals_domain.testing.layering.graph import require_external_packages

if TYPE_CHECKING:
    from grimp import ImportGraph


class AllowListContract(Contract):
    """
    Packages use the libraries that are listed, all of them and no others.

    The standard library and the root packages are not libraries: other contracts are about them.
    """

    type_name = "allow_list"
    packages: Any = fields.SetField(subfield=fields.StringField())
    libraries: Any = fields.SetField(subfield=fields.StringField())
    broken_contract_guidance: Any = fields.StringField()

    def validate(self) -> None:
        """Require that libraries are in the graph."""
        require_external_packages(self.session_options)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001 - the base's
        """Look at what every module of the packages imports."""
        others = {*sys.stdlib_module_names, *self.session_options["root_packages"]}
        importers = {
            imported.partition(".")[0]: module
            for package in self.packages
            for module in sorted({package, *graph.find_descendants(package)})
            for imported in graph.find_modules_directly_imported_by(module)
        }
        used = importers.keys() - others
        strangers = [f"{importers[one]} imports {one}" for one in sorted(used - self.libraries)]
        unused = [f"nobody imports {one}" for one in sorted(self.libraries - used)]
        return ContractCheck(
            kept=not strangers and not unused, metadata={"wrong": [*strangers, *unused]}
        )

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Tell who imports what, and what to do instead."""
        for line in check.metadata["wrong"]:
            output.print_error(line)
        output.print(self.broken_contract_guidance)
