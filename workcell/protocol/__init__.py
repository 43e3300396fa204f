"""Protocols: typed recipes that turn a candidate into instrument actions. Data, not code."""
