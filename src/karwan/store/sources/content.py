"""The bytes of one table: a file, or one member of a zip, opened, measured and hashed."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from karwan.errors import InvalidInput
from karwan.store.archive import MALFORMED, BadArchive, check_zip

PIECE = 8 * 2**20


def _sha256(piece: bytes) -> bytes:
    return hashlib.sha256(piece).digest()


def _damaged(name: str, error: Exception) -> BadArchive:
    return BadArchive(
        f"{name} cannot be unpacked.", evidence=str(error), fix="The archive is damaged: fetch it again."
    )


class _Unpacked(io.RawIOBase):
    """A member's bytes; a broken one raises `BadArchive` where it is read."""

    def __init__(self, packed: IO[bytes], name: str) -> None:
        self._packed, self._name = packed, name

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            return self._packed.read(size)
        except MALFORMED as error:
            raise _damaged(self._name, error) from error


@dataclass(frozen=True)
class Content:
    """A file on disk, or the member `member` of the zip at `path`.

    Attributes
    ----------
    size
        Bytes of the content, unpacked.
    """

    path: Path
    member: str | None
    size: int

    @property
    def name(self) -> str:
        """Name to show: the file's, or `archive.zip!member`."""
        return self.path.name if self.member is None else f"{self.path.name}!{self.member}"

    @property
    def base_name(self) -> str:
        """Name of the file or member without folders and archive."""
        return Path(self.member or self.path.name).name

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The bytes as a stream; a broken member raises `BadArchive`."""
        if self.member is None:
            with self.path.open("rb") as stream:
                yield stream
            return
        with ExitStack() as opened:
            try:
                archive = opened.enter_context(zipfile.ZipFile(self.path))
                packed = opened.enter_context(archive.open(self.member))
            except MALFORMED as error:
                raise _damaged(self.name, error) from error
            yield cast(BinaryIO, _Unpacked(packed, self.name))

    def head(self, limit: int) -> bytes:
        """The first `limit` bytes."""
        with self.open() as stream:
            return stream.read(limit)

    def hash(self, digest: Callable[[bytes], bytes] = _sha256) -> str:
        """Hash of the content: SHA-256 over the digest of every piece of 8 MiB, so that pieces hash in
        parallel.
        """
        if self.member is None and self.size <= PIECE:
            digests = [digest(self._piece(0))]
        elif self.member is None:
            with ThreadPoolExecutor(os.cpu_count() or 1) as workers:
                pieces = range(0, self.size, PIECE)
                digests = list(workers.map(lambda offset: digest(self._piece(offset)), pieces))
        else:
            with self.open() as stream:
                digests = []
                while piece := stream.read(PIECE):
                    digests.append(digest(piece))
        return combine_digests(digests or [digest(b"")])

    def _piece(self, offset: int) -> bytes:
        with self.path.open("rb") as stream:
            stream.seek(offset)
            return stream.read(PIECE)


def combine_digests(digests: list[bytes]) -> str:
    """Hash of a content from the digests of its pieces, in order."""
    return hashlib.sha256(b"".join(digests)).hexdigest()


def contents(path: Path, suffixes: tuple[str, ...]) -> list[Content]:
    """The file at `path`, or, where it is a zip, its members whose names end in one of `suffixes`, sorted.

    Raises
    ------
    InvalidInput
        The path is missing or empty, or the zip has no such member.
    BadArchive
        The zip is broken or a bomb.
    """
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.", fix="Check the path.")
    size = path.stat().st_size
    if size == 0:
        raise InvalidInput(f"{path.name} is empty.", fix="Fetch it again.")
    with path.open("rb") as stream:
        magic = stream.read(4)
    if path.suffix.lower() != ".zip" and not (
        magic == b"PK\x03\x04" and path.suffix.lower() not in (".xlsx", ".xlsm")
    ):
        return [Content(path, None, size)]
    members = [member for member in check_zip(path) if member.filename.lower().endswith(suffixes)]
    if not members:
        raise InvalidInput(
            f"{path.name} holds no table this source reads.",
            fix=f"It reads members ending in {', '.join(suffixes)}.",
        )
    members.sort(key=lambda member: member.filename)
    return [Content(path, member.filename, member.file_size) for member in members]
