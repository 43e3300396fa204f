"""Gaussian processes: exact, sparse, of many columns, with noise that varies."""
