"""Sentences that the readers learn from, and how they do."""
