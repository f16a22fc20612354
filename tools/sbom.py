"""Write the bill of materials of an installed Karwan as CycloneDX 1.5: every package it needs, its version and licence, and the scripts the page ships.

    python tools/sbom.py [--extra web] [--out sbom.json]

What is listed is what is installed here, so run it in the environment that serves (`.venv/bin/python` after `make serve`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from karwan._version import __version__
from karwan.web.assets import static_files

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
LONGEST = 120  # a licence field that is longer is the text of the licence, not its name


def installed(name: str, extras: frozenset[str], found: dict[str, Distribution]) -> None:
    """Add a package and all it needs to `found`, by canonical name; what is not installed is left out."""
    try:
        package = distribution(name)
    except PackageNotFoundError:
        return
    key = canonicalize_name(name)
    if key in found and not extras:
        return
    found[key] = package
    for text in package.requires or ():
        needed = Requirement(text)
        wanted = needed.marker is None or any(needed.marker.evaluate({"extra": one}) for one in extras | {""})
        if wanted and canonicalize_name(needed.name) not in found:
            installed(needed.name, frozenset(needed.extras), found)


def licence(package: Distribution) -> list[dict[str, Any]]:
    """Licence of a package as CycloneDX says it; empty where the package does not name one in short."""
    fields = (package.metadata.get_all(field) or () for field in ("License-Expression", "License"))
    told = next((text for field in fields for text in field), "")
    classes = [
        text.split(" :: ")[-1] for text in package.metadata.get_all("Classifier") or () if "License" in text
    ]
    name = told if told and len(told) <= LONGEST and "\n" not in told else "; ".join(classes)
    return [{"license": {"name": name}}] if name else []


def components(extra: str) -> Iterator[dict[str, Any]]:
    """Packages by name, then the scripts and styles of the page with their digests."""
    found: dict[str, Distribution] = {}
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    for text in (*project["dependencies"], *project["optional-dependencies"][extra]):
        needed = Requirement(text)
        if needed.marker is None or needed.marker.evaluate():
            installed(needed.name, frozenset(needed.extras), found)
    for name in sorted(found):
        package = found[name]
        yield {
            "type": "library",
            "name": name,
            "version": package.version,
            "purl": f"pkg:pypi/{name}@{package.version}",
            "licenses": licence(package),
        }
    for path in sorted(static_files().values()):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        yield {"type": "file", "name": path.name, "hashes": [{"alg": "SHA-256", "content": digest}]}


def bill(extra: str) -> dict[str, Any]:
    """The whole bill."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "karwan", "version": __version__}},
        "components": list(components(extra)),
    }


def main() -> int:
    """Write it, or print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--extra", default="web")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    text = json.dumps(bill(given.extra), indent=2, ensure_ascii=False) + "\n"
    if given.out:
        given.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
