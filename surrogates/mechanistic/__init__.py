"""Mechanistic models: a known formula, with a Gaussian process on what it leaves unexplained."""
