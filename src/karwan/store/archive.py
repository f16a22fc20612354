"""Zip files from strangers: refused when broken, too large, or packed too tightly to be a table."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from pathlib import Path

from karwan.errors import KarwanError

# A table of trade figures packs 4 to 15 times; a bomb packs hundreds to millions of times.
MAX_RATIO = 150.0
MAX_TOTAL_BYTES = 64 * 2**30
# Below this size a high ratio is harmless (a sheet of equal cells).
RATIO_FREE_BYTES = 64 * 2**20
MAX_MEMBERS = 10_000
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
# What readers of zip, Excel and XML written in Python raise on bytes they did not expect.
MALFORMED = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, NotImplementedError, OSError),
    *(RecursionError, TypeError, ValueError, struct.error, lzma.LZMAError, zlib.error),
    *(
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        SyntaxError,
    ),  # what both the library's XML reader and lxml's say
)


class BadArchive(KarwanError, ValueError):
    """A zip file is broken, encrypted, or unpacks to more than it may."""


def check_zip(
    path: Path, *, max_ratio: float = MAX_RATIO, max_total_bytes: int = MAX_TOTAL_BYTES
) -> list[zipfile.ZipInfo]:
    """Directory of a zip file after the checks; nothing is unpacked.

    Raises
    ------
    BadArchive
        Not a zip or cut short; encrypted; a member named outside the archive; total size or ratio beyond the
        limits.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except MALFORMED as error:
        raise BadArchive(
            f"{path.name} is not a whole zip file.",
            evidence=f"{error}; {path.stat().st_size:,} bytes" if path.exists() else str(error),
            fix="Fetch it again; a download that was cut short looks like this.",
        ) from error
    if len(members) > MAX_MEMBERS:
        raise BadArchive(
            f"{path.name} holds {len(members):,} files; the limit is {MAX_MEMBERS:,}.",
            fix="Unpack it yourself and give the files you need.",
        )
    total = sum(member.file_size for member in members)
    packed = max(1, path.stat().st_size)
    if total > max_total_bytes:
        raise BadArchive(
            f"{path.name} unpacks to {total:,} bytes, more than the limit of {max_total_bytes:,}.",
            fix="Unpack it yourself and give the files you need.",
        )
    if total > RATIO_FREE_BYTES and total / packed > max_ratio:
        raise BadArchive(
            f"{path.name} unpacks to {total / packed:,.0f} times its size; the limit is {max_ratio:,.0f}.",
            evidence=f"{packed:,} bytes packed, {total:,} unpacked",
            fix="This is what a zip bomb looks like. If the file is honest, unpack it yourself.",
        )
    for member in members:
        if member.flag_bits & 0x1:
            raise BadArchive(
                f"{path.name}: {member.filename} is encrypted.", fix="Unpack it with its password first."
            )
        if member.compress_type not in METHODS:
            raise BadArchive(
                f"{path.name}: {member.filename} is packed by method {member.compress_type}, which is not read.",
                fix="Unpack it yourself and give the files you need.",
            )
    return members
