"""Planners: what to try next, from what was measured so far."""
