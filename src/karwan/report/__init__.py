"""The brief and its renderings."""
