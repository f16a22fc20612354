"""XXH64 against published values and its plain twin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karwan._kernels.xxh64 import xxh64, xxh64_plain


def hashed(data: bytes, before: int = 0) -> int:
    buffer = np.zeros(before + len(data) + 64, np.uint8)
    buffer[before : before + len(data)] = np.frombuffer(data, np.uint8)
    return int(xxh64(buffer, before, before + len(data)))


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"", 0xEF46DB3751D8E999),
        (b"a", 0xD24EC4F1A98C6E5B),
        (b"abc", 0x44BC2CF5AD770999),
        (b"Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1),
    ],
)
def test_published_values(data: bytes, value: int) -> None:
    assert hashed(data) == xxh64_plain(data) == value


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 9))
def test_compiled_equals_plain(data: bytes, before: int) -> None:
    assert hashed(data, before) == xxh64_plain(data)
