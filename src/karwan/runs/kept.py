"""Answers kept on disk under their keys, within a bound: the least recently used go first."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

from karwan.exports import write_bytes

BOUND = 1 << 29
"""Bytes kept by default."""
_SWEEP = 64  # answers written between two looks at the bound


@dataclass
class KeptAnswers:
    """A folder of answers.

    Parameters
    ----------
    folder
        Where they lie; made when first written to.
    bound
        Bytes kept.

    Examples
    --------
    >>> kept = KeptAnswers(Path(tempfile.mkdtemp()))
    >>> kept.write("ab12", b"answer")
    >>> kept.read("ab12"), kept.read("cd34")
    (b'answer', None)
    """

    folder: Path
    bound: int = BOUND
    _written: int = field(default=0, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def path(self, key: str) -> Path:
        """File of a key."""
        return self.folder / key[:2] / key

    def read(self, key: str) -> bytes | None:
        """An answer, or None; reading marks it as used."""
        path = self.path(key)
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:  # not there, or another process swept it away meanwhile
            return None
        return content

    def write(self, key: str, content: bytes) -> None:
        """Keep an answer, whole or not at all."""
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content)
        for half in path.parent.glob(f".{key}.*.part"):  # of a process that was killed while it wrote
            half.unlink(missing_ok=True)
        with self._lock:
            self._written += 1
            due = self._written % _SWEEP == 0
        if due:
            self.sweep()

    def sweep(self) -> int:
        """Drop the least recently used answers beyond the bound, and say how many went."""
        found = [(path.stat().st_mtime, path.stat().st_size, path) for path in self.folder.glob("??/*")]
        total, gone = sum(size for _, size, _ in found), 0
        for _, size, path in sorted(found):
            if total <= self.bound:
                break
            path.unlink(missing_ok=True)
            total -= size
            gone += 1
        return gone


def usual_folder() -> Path:
    """Where answers lie unless another folder is named: `KARWAN_RUNS`, else the user's cache."""
    named = os.environ.get("KARWAN_RUNS")
    if named:
        return Path(named)
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "karwan" / "runs"
