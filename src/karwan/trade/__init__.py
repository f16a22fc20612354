"""Reported flows to what was probably traded, and what could be."""
