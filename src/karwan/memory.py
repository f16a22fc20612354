"""How often a process looks for garbage among what it holds."""

COLLECT_AFTER = (500_000, 20, 20)
"""Thresholds for `gc.set_threshold`: a question builds large tables and networks once, and the default of every 700 objects takes a third of its time."""
