"""A contract type of import-linter: an application uses this library as it is meant to be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.contract import InvalidContractOptions

from referrals_domain.testing.layering.graph import require_external_packages
from referrals_domain.testing.layering.laws import DOMAIN, LAWS, Use

if TYPE_CHECKING:
    from grimp import ImportGraph


class LibraryUseContract(Contract):
    """
    An application uses this library as it is meant to be used: all of `LAWS` in one contract.

    The configuration has `include_external_packages`, and `root_packages` that name
    `referrals_domain` beside the application's own. `composition_roots` are the modules in which
    the application is put together, such as its `__main__`, or its container.
    """

    type_name = "library_use"
    composition_roots: Any = fields.SetField(subfield=fields.StringField())

    def validate(self) -> None:
        """Require that the graph has all that the laws are about."""
        require_external_packages(self.session_options)
        if DOMAIN not in self.session_options["root_packages"]:
            raise InvalidContractOptions({"root_packages": f"name {DOMAIN} as well"})

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001 - the base's
        """Look for breaches of every law."""
        if unknown := self.composition_roots - graph.modules:
            raise ValueError(f"there is no composition root {', '.join(sorted(unknown))}")
        use = Use(graph, self.session_options["root_packages"], self.composition_roots)
        breaches = {law: list(law.breaches(use)) for law in LAWS}
        return ContractCheck(kept=not any(breaches.values()), metadata={"breaches": breaches})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Tell each law that is broken, where it is, and what to do instead."""
        for law, breaches in check.metadata["breaches"].items():
            if breaches:
                output.print_error(f"{law.name}:")
                for breach in breaches:
                    output.print_error(f"- {breach}", bold=False)
                output.print(law.guidance)
                output.new_line()
