"""Evidence files: which may come in, and how they are kept, by digest."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from karwan.errors import InvalidInput, UnknownName
from karwan.exports import write_durably

MOST_BYTES = 10_000_000
MOST_PARTS, MOST_UNPACKED = 1_000, 100_000_000
MAGIC = {
    ".pdf": (b"%PDF-",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".docx": (b"PK\x03\x04",),
    ".xlsx": (b"PK\x03\x04",),
    ".txt": (),
    ".csv": (),
}
MAIN_PART = {".docx": "word/document.xml", ".xlsx": "xl/workbook.xml"}


@dataclass(frozen=True)
class Evidence:
    """A file that may come in.

    Attributes
    ----------
    digest
        SHA-256 of its bytes.
    name
        Its own name, kept as text only.
    content
        Its bytes.
    """

    digest: str
    name: str
    content: bytes


def evidence_of(path: Path) -> Evidence:
    """A file as evidence; see `checked_file`.

    Raises
    ------
    InvalidInput
        It is absent, or may not come in.
    """
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.", "", "check the path.")
    if path.stat().st_size > MOST_BYTES:
        raise InvalidInput(
            f"{path.name} is too large.", f"{path.stat().st_size:,} bytes", f"give at most {MOST_BYTES:,}."
        )
    return checked_file(path.name, path.read_bytes())


def checked_file(name: str, content: bytes) -> Evidence:
    """A file whose ending, first bytes and size are what they should be.

    PDF, PNG, JPEG, TXT, CSV, DOCX, XLSX up to 10 MB; office files hold at most 1,000 parts, 100 MB unpacked and no macros.

    Raises
    ------
    InvalidInput
        It is not so.
    """
    name = Path(name.replace("\\", "/")).name
    ending = Path(name).suffix.lower()
    if ending not in MAGIC:
        raise InvalidInput(
            f"{name} cannot be evidence.", f"it ends in {ending or 'nothing'}", f"give {', '.join(MAGIC)}."
        )
    if not content:
        raise InvalidInput(f"{name} is empty.", "", "give a file with something in it.")
    if len(content) > MOST_BYTES:
        raise InvalidInput(
            f"{name} is too large.", f"{len(content):,} bytes", f"give at most {MOST_BYTES:,}."
        )
    if MAGIC[ending] and not content.startswith(MAGIC[ending]):
        raise InvalidInput(
            f"{name} is not what its ending says.",
            f"{ending}, but it begins otherwise",
            "give the true file.",
        )
    if ending in MAIN_PART:
        _check_office(name, ending, content)
    if ending in (".txt", ".csv"):
        _check_text(name, content)
    return Evidence(hashlib.sha256(content).hexdigest(), name, content)


def _check_text(name: str, content: bytes) -> None:
    """Text is UTF-8 without a zero byte."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{name} is no text.", str(error)[:120], "give UTF-8.") from error
    if "\0" in text:
        raise InvalidInput(f"{name} is no text.", "it holds a zero byte", "give UTF-8.")


def _check_office(name: str, ending: str, content: bytes) -> None:
    """An office file is a small zip with its main part and without macros."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise InvalidInput(f"{name} is damaged.", str(error)[:120], "save it again.") from error
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED:
        raise InvalidInput(
            f"{name} unpacks too large.", f"{len(parts):,} parts, {unpacked:,} bytes", "give a smaller one."
        )
    names = {part.filename for part in parts}
    if MAIN_PART[ending] not in names:
        raise InvalidInput(
            f"{name} is no {ending[1:]} file.", f"it lacks {MAIN_PART[ending]}", "save it again."
        )
    if any(part.lower().endswith("vbaproject.bin") for part in names):
        raise InvalidInput(f"{name} holds macros.", "", "save it without.")


class FileStore:
    """Files by digest in a folder beside the register.

    Parameters
    ----------
    folder
        Made when first written to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, evidence: Evidence) -> None:
        """Write the file whole, or not at all; one that is there already stays."""
        target = self._path(evidence.digest)
        if target.is_file():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        write_durably(target, evidence.content)

    def read(self, digest: str) -> bytes:
        """Bytes of a file.

        Raises
        ------
        UnknownName
            It is not there.
        InvalidInput
            Its bytes are no longer those of its digest.
        """
        path = self._path(digest)
        if not path.is_file():
            raise UnknownName(
                f"The file {digest[:12]} is not beside the register.",
                str(path),
                "copy the folder of files too.",
            )
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise InvalidInput(f"The file {digest[:12]} was changed.", str(path), "restore it from a copy.")
        return content

    def has(self, digest: str) -> bool:
        """Whether a file is there."""
        return self._path(digest).is_file()

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest
