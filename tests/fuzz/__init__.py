"""Every reader against mutated inputs: only the project's errors are allowed."""
