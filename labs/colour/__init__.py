"""The colour lab: two mixing cells, three dyes, a pump, balances and colour sensors, simulated byte for byte."""

from zosimos.labs.colour.lab import ColourLab

__all__ = ["ColourLab"]
