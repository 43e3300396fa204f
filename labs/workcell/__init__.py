"""Laboratories made of files: a lab file and a recipe, no Python."""

from zosimos.labs.workcell.lab import WorkcellLab

__all__ = ["WorkcellLab"]
