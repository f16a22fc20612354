"""The versions of a Spark store: each a small file that names the folders that count, put in place by one rename."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from karwan.store import tables
from karwan.store.errors import StoreError

VERSIONS = "_versions"
_NUMBERED = re.compile(r"[0-9]{8}\.json")
RETRY_S = 0.05


@dataclass(frozen=True)
class Version:
    """What a store holds: for each table the folders of Parquet files, below the warehouse, with their bytes."""

    number: int = 0
    format: int = tables.FORMAT
    folders: dict[str, dict[str, int]] = field(default_factory=dict)

    def with_folders(self, folders: dict[str, dict[str, int]]) -> Version:
        """The version after this one."""
        return Version(self.number + 1, tables.FORMAT, folders)

    def text(self) -> str:
        """As it is written."""
        return json.dumps({"version": self.number, "format": self.format, "folders": self.folders}, indent=1)


class Files(Protocol):
    """The file operations a warehouse needs."""

    def names(self, folder: str) -> list[str]:
        """Names in a folder; none where it does not exist."""

    def read(self, name: str) -> str:
        """Text of a file."""

    def size(self, folder: str) -> int:
        """Bytes of the Parquet files in a folder."""

    def publish(self, name: str, text: str) -> bool:
        """Put a file in place, whole; False where the name is taken."""

    def remove(self, name: str) -> None:
        """Remove a file or folder, if it is there."""

    @contextmanager
    def alone(self, wait_s: float) -> Iterator[bool]:
        """Keep other writers out; gives False where that is not to be had here."""
        yield False


class LocalFiles:
    """A warehouse in a folder of this machine; writers keep each other out by a lock that ends with the process."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self, folder: str) -> list[str]:
        """Names in a folder."""
        place = self.root / folder
        return sorted(os.listdir(place)) if place.is_dir() else []

    def read(self, name: str) -> str:
        """Text of a file."""
        return (self.root / name).read_text(encoding="utf-8")

    def size(self, folder: str) -> int:
        """Bytes of the Parquet files in a folder."""
        return sum(path.stat().st_size for path in (self.root / folder).glob("*.parquet"))

    def publish(self, name: str, text: str) -> bool:
        """Write beside, sync, link to the name."""
        place = self.root / name
        beside = place.with_name(f".{uuid.uuid4().hex}")
        place.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(beside, place)
        except FileExistsError:
            return False
        finally:
            beside.unlink()
        return True

    def remove(self, name: str) -> None:
        """Remove a file or folder."""
        place = self.root / name
        if place.is_dir():
            shutil.rmtree(place, ignore_errors=True)
        else:
            place.unlink(missing_ok=True)

    @contextmanager
    def alone(self, wait_s: float) -> Iterator[bool]:
        """Lock the folder itself: no file is left behind."""
        self.root.mkdir(parents=True, exist_ok=True)
        until = time.monotonic() + wait_s
        folder = os.open(self.root, os.O_RDONLY)
        try:
            while not _locked(folder):
                if time.monotonic() > until:
                    raise StoreError(
                        f"The store in {self.root} is in use: another load is under way. Nothing was loaded.",
                        evidence="its folder is locked by another process, and waiting was in vain",
                        fix=f"Load again when it is done; `fuser {self.root}` names the process.",
                    )
                time.sleep(RETRY_S)
            yield True
        finally:
            os.close(folder)


def _locked(folder: int) -> bool:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class HadoopFiles:
    """A warehouse on any file system that Spark reaches; of two loads at once the later one is refused."""

    def __init__(self, session: Any, root: str) -> None:
        self.root = root
        self._java = session._jvm
        self._settings = session._jsc.hadoopConfiguration()

    def _at(self, name: str) -> tuple[Any, Any]:
        place = self._java.org.apache.hadoop.fs.Path(f"{self.root}/{name}")
        return place.getFileSystem(self._settings), place

    def names(self, folder: str) -> list[str]:
        """Names in a folder."""
        system, place = self._at(folder)
        if not system.exists(place):
            return []
        return sorted(status.getPath().getName() for status in system.listStatus(place))

    def read(self, name: str) -> str:
        """Text of a file."""
        system, place = self._at(name)
        stream = system.open(place)
        try:
            return bytes(stream.readAllBytes()).decode("utf-8")
        finally:
            stream.close()

    def size(self, folder: str) -> int:
        """Bytes of the Parquet files in a folder."""
        system, place = self._at(folder)
        found = system.listStatus(place) if system.exists(place) else []
        return sum(each.getLen() for each in found if each.getPath().getName().endswith(".parquet"))

    def publish(self, name: str, text: str) -> bool:
        """Write beside, then rename."""
        system, place = self._at(name)
        _, beside = self._at(f"{VERSIONS}/.{uuid.uuid4().hex}")
        stream = system.create(beside, False)
        stream.write(bytearray(text.encode("utf-8")))
        stream.close()
        done = not system.exists(place) and bool(system.rename(beside, place))
        if not done:
            system.delete(beside, False)
        return done

    def remove(self, name: str) -> None:
        """Remove a file or folder."""
        system, place = self._at(name)
        system.delete(place, True)

    @contextmanager
    def alone(self, wait_s: float) -> Iterator[bool]:
        """No lock: `publish` tells."""
        del wait_s
        yield False


def files_at(session: Any, root: str) -> Files:
    """The file operations for the warehouse at a URI."""
    parts = urlsplit(root)
    return LocalFiles(Path(unquote(parts.path))) if parts.scheme == "file" else HadoopFiles(session, root)


def newest(files: Files, target: str) -> Version:
    """The version that counts: the one with the greatest number."""
    numbers = [int(name.removesuffix(".json")) for name in files.names(VERSIONS) if _NUMBERED.fullmatch(name)]
    return _version(files, max(numbers), target) if numbers else Version()


def _version(files: Files, number: int, target: str) -> Version:
    name = file_of(Version(number))
    try:
        found = json.loads(files.read(name))
        folders = {
            table: {name: int(size) for name, size in held.items()}
            for table, held in found["folders"].items()
        }
        return Version(int(found["version"]), int(found["format"]), folders)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"The store at {target} is damaged: its newest version cannot be read. It was left as it is.",
            evidence=f"{name}: {type(error).__name__}: {error}",
            fix="Take the warehouse from a backup, or load the files again into a new one.",
        ) from error


def file_of(version: Version) -> str:
    """Name of the file of a version."""
    return f"{VERSIONS}/{version.number:08d}.json"


def check_files(files: Files, version: Version, target: str) -> None:
    """Refuse a version whose files are not as long as they were written.

    Raises
    ------
    StoreError
        Files are missing, cut, or too many.
    """
    held = [
        (name, size, files.size(name))
        for folders in version.folders.values()
        for name, size in folders.items()
    ]
    wrong = [
        f"{name}: {size:,} bytes were written, {found:,} are there"
        for name, size, found in held
        if size != found
    ]
    if wrong:
        raise StoreError(
            f"The store at {target} does not hold what was loaded into it. It is not answered from.",
            evidence="; ".join(wrong[:5]),
            fix="Take the warehouse from a backup, or load the files again into a new one.",
        )


def sweep(files: Files, newest: Version, target: str) -> None:
    """Remove what neither the newest version nor the one before it names: leavings of killed loads, old versions.

    The one before stays, since somebody may be reading it.
    """
    held = [newest]
    before = Version(newest.number - 1)
    if file_of(before).removeprefix(f"{VERSIONS}/") in files.names(VERSIONS):
        held.append(_version(files, before.number, target))
    kept = {folder for version in held for folders in version.folders.values() for folder in folders}
    kept |= {file_of(version) for version in held}
    for place in (VERSIONS, *tables.TABLES):
        for name in files.names(place):
            if f"{place}/{name}" not in kept:
                files.remove(f"{place}/{name}")
