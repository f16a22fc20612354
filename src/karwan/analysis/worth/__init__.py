"""What each promise of the action plan is worth: the case with and without the scenario that models it."""
