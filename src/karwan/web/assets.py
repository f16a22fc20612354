"""Scripts and style sheets of the page: its own, and the script htmx from the package that ships it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import django_htmx

HERE = Path(__file__).parent / "static"
EVIDENCE = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "txt": "text/plain; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "zip": "application/zip",
}
"""Media types of files of the register by their ending; any other is a stream of bytes."""
MEDIA = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@cache
def static_files() -> dict[str, Path]:
    """Name in the address, which holds a digest of the file, to the file."""
    htmx = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"
    return {_name(path): path for path in (*sorted(HERE.iterdir()), htmx) if path.suffix in MEDIA}


@cache
def static_address(name: str) -> str:
    """Address of a file by its plain name; KeyError where there is none."""
    found = {path.name: address for address, path in static_files().items()}
    return f"/static/{found[name]}"


def _name(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:10]
    return f"{path.stem}.{digest}{path.suffix}"
