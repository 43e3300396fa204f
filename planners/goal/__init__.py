"""The goal: what a campaign wants, knows and pays beside its outcomes."""
