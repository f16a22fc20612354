"""Corridor and trade in one equilibrium: what scenarios do to trade, queues and incomes."""
