"""How the trade of all countries answers a change of trade costs: partial, conditional, in equilibrium."""
