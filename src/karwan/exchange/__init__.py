"""Networks and lines in the formats of other programs."""
