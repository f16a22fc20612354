"""The plan as two sides keep it: statements in a chain that nobody can rewrite unseen. No web framework in it."""
