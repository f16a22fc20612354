"""Where compiled loops are kept when neither the package nor the user's cache is writable."""

from __future__ import annotations

from pathlib import Path

from karwan.numerics.compiled import cache_folder


def test_a_usual_folder_is_left_to_the_compiler(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert cache_folder((file / "cache", tmp_path / "cache"), tmp_path) is None


def test_a_read_only_install_without_a_home_keeps_loops_among_temporary_files(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    found = cache_folder((file / "a", file / "b"), tmp_path)
    assert found is not None and found.parent == tmp_path
    assert found.stat().st_mode & 0o077 == 0
    assert cache_folder((file / "a",), tmp_path) == found


def test_a_folder_open_to_others_is_not_trusted(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    first = cache_folder((file / "a",), tmp_path)
    assert first is not None
    first.chmod(0o777)
    second = cache_folder((file / "a",), tmp_path)
    assert second is not None and second != first
    assert second.stat().st_mode & 0o077 == 0


def test_a_file_in_the_way_is_no_trouble(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    first = cache_folder((file / "a",), tmp_path)
    assert first is not None
    first.rmdir()
    first.touch()
    second = cache_folder((file / "a",), tmp_path)
    assert second is not None and second.is_dir()
