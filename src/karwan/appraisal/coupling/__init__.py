"""Corridor and trade together: what a change does to trade, what that does to queues, and back, until both agree."""
