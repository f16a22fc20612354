"""Trade answers of a case: what its tables and the trade models say together."""
