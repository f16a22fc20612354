"""Ventures of a case: list them, appraise one, compare it under scenarios, ask when to build, write the rows to fill."""
