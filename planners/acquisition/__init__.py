"""Acquisition: what measuring at a row is expected to win, and the row where it is most."""
