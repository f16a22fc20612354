"""Money and time to a decision: landed cost, rivals, worth."""
