"""Models: pure functions from tables and arrays to frozen results."""
