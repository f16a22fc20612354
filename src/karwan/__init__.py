"""Karwan: from what two countries promised each other to what their trade will be."""

from __future__ import annotations

__version__ = "0.1.0"
