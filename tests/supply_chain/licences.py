"""The licences of what is installed, as its metadata tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import Distribution

PERMISSIVE: Final = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT"),
        *("MIT-0", "PSF-2.0", "Public Domain", "Unlicense", "ZPL-2.1", "Zlib"),
    }
)
"""They ask for nothing but to be named, if for that."""

FILES_ALONE: Final = frozenset({"MPL-2.0"})
"""They ask that changes to their own files be published: for what nobody changes as good."""

READ: Final[Mapping[str, str]] = {
    "atheris": "Apache-2.0",
    "axe-playwright-python": "MIT",
    "crawler-user-agents": "MIT",
}
"""Licences that metadata does not tell, read in the packages' own files in November 2026."""

_WORDS: Final[Mapping[str, str]] = {
    "2-Clause BSD License": "BSD-2-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
_ANY_OF_SOME: Final = (" :: OSI Approved", " :: DFSG approved")


def licences(distribution: Distribution) -> set[str]:
    """Return every licence that it names; of a choice all, for each must do. Empty: none is."""
    metadata = distribution.metadata
    if read := READ.get(distribution.name):
        return {read}
    for expression in metadata.get_all("License-Expression") or []:
        return set(re.split(r" (?:AND|OR) ", expression.strip("()")))
    classifiers = [
        one.rpartition(" :: ")[2]
        for one in metadata.get_all("Classifier") or []
        if one.startswith("License :: ") and not one.endswith(_ANY_OF_SOME)
    ]
    texts = [text.partition("\n")[0] for text in metadata.get_all("License") or []]
    return {_WORDS.get(one, one) for one in classifiers or texts}
