"""The bill of materials names what the page needs, at the version pinned, and the scripts it ships."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("django", reason="the extra `web` is not installed")
pytest.importorskip("packaging")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sbom() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sbom", ROOT / "tools" / "sbom.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_bill_names_each_package_once_at_its_version_and_every_script(sbom: ModuleType) -> None:
    found = sbom.bill("web")
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.5")
    packages = {one["name"]: one["version"] for one in found["components"] if one["type"] == "library"}
    listed = [one["name"] for one in found["components"]]
    assert len(listed) == len(set(listed))
    assert {"django", "django-htmx", "polars", "cryptography"} <= set(packages)
    pinned = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    )
    assert packages["django"] == {name.lower(): version for name, version in pinned.items()}["django"].strip()
    files = {one["name"] for one in found["components"] if one["type"] == "file"}
    assert {"htmx-2.min.js", "page.js", "map.js", "karwan.css"} <= files
