"""Proposers: the ways to choose what to try next."""
