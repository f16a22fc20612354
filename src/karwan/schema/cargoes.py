"""Whose goods a transit regime covers."""

from __future__ import annotations

ANY, PARTIES, PARTNER = "any", "parties", "partner"
CARGOES = (ANY, PARTIES, PARTNER)
"""Anybody's goods, those with both ends in parties, or those with an end in a party other than the country they pass."""
