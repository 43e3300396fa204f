"""Calibration: whether predictions are as sure as they say, where they hold, and what to do when they do not."""
