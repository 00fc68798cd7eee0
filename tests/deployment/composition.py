"""`docker-compose.yml` as Compose reads it: anchors merged, variables put in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).parents[2]
FILE: Final = ROOT / "docker-compose.yml"
IMAGE: Final = "referrals"
"""Our image, which every service of ours runs."""

Service: TypeAlias = dict[str, Any]

# A dollar sign that is neither doubled nor one of these two forms is none that we use.
_DOLLAR: Final = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+):(?:\?(?P<missing>[^}]+)|-(?P<default>[^}]*))\}|)"
)


class VariableMissing(ValueError):
    """Compose would refuse to start; the text is the variable's name and what it is."""


def read_yaml(path: Path) -> Any:
    """Return what a YAML file says, anchors and merges resolved."""
    return YAML(typ="safe", pure=True).load(path)


def services(variables: Mapping[str, str] | None = None) -> dict[str, Service]:
    """Return the services; with the variables put in, if there are any."""
    raw: dict[str, Service] = read_yaml(FILE)["services"]
    return {
        name: _with(service, variables) if variables is not None else service
        for name, service in raw.items()
    }


def of_ours(every: Mapping[str, Service]) -> dict[str, Service]:
    """Return the services that run our image."""
    return {name: service for name, service in every.items() if service["image"] == IMAGE}


def required() -> set[str]:
    """Return the variables without which Compose refuses to start."""
    return {match["name"] for match in _variables() if match["missing"]}


def optional() -> set[str]:
    """Return the variables that have a default, if only an empty one."""
    return {match["name"] for match in _variables() if match["default"] is not None}


def environment(service: Service) -> dict[str, str]:
    """Return a service's own variables, as its processes see them."""
    return {name: str(value) for name, value in service.get("environment", {}).items()}


def environment_here(service: Service) -> dict[str, str]:
    """Return them as processes of this machine would: with its own files in place of mounts."""
    mounts = [volume.split(":") for volume in service.get("volumes", [])]
    files = {inside: str(ROOT / outside) for outside, inside, *_ in mounts}
    return {name: files.get(value, value) for name, value in environment(service).items()}


def awaited(name: str, every: Mapping[str, Service]) -> set[str]:
    """Return the services for which one waits, and those for which they wait, and so on."""
    direct = set(every[name].get("depends_on", {}))
    return direct.union(*(awaited(other, every) for other in direct))


def seconds(duration: str) -> float:
    """Return a duration, which is written in whole seconds."""
    return float(int(duration.removesuffix("s")))


def put_in(text: str, variables: Mapping[str, str]) -> str:
    """
    Put variables into a text.

    Raises:
        VariableMissing: One that must be set is not.
        ValueError: A dollar sign has a form that we do not use.

    >>> put_in("${A:-b} $$c", {})
    'b $c'
    """
    return _DOLLAR.sub(lambda match: _value(match, variables), text)


def _variables() -> Iterator[re.Match[str]]:
    return _DOLLAR.finditer(FILE.read_text(encoding="utf-8"))


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    if match["dollar"]:
        return "$"
    if match["name"] is None:
        raise ValueError(f"a dollar sign of another form: {match.string!r}")
    value = variables.get(match["name"]) or match["default"]
    if value is None:
        raise VariableMissing(f"{match['name']}: {match['missing']}")
    return value


def _with(node: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {name: _with(value, variables) for name, value in node.items()}
    if isinstance(node, list):
        return [_with(value, variables) for value in node]
    return put_in(node, variables) if isinstance(node, str) else node
