"""Snapshots of a state: when one is taken, what it holds, how a state is restored of it."""
