"""What a transit regime does: legs and papers before and after, what its terms are worth, permits, and trade by country pair."""
