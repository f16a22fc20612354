"""The world matrix: trade of all countries by sector with sales at home, base of the equilibrium."""
