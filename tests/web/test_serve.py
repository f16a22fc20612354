"""Starting the server: what cannot be served is said before anything is served."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

pytest.importorskip("django", reason="the extra `web` is not installed")


def serve(*words: str) -> subprocess.CompletedProcess[str]:
    """The command, ended where it has not ended by itself."""
    command = [sys.executable, "-m", "karwan", "serve", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_unknown_case_is_named_with_known_ones() -> None:
    done = serve("nowhere", "--port", "8691", "--workers", "1")
    assert done.returncode == 2
    assert "nowhere" in done.stderr and "toyland" in done.stderr
    assert "Traceback" not in done.stderr


def test_taken_port_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = serve("toyland", "--port", str(port))
    assert done.returncode == 2
    assert f"Port {port} is not free." in done.stderr and "--port" in done.stderr
