"""Safety of chemistry: what substances are, what they must not meet, and what only a person can let through."""
