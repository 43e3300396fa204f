"""Tecan Cavro syringe pumps (XCalibur, XLP 6000, XP 3000) with a distribution valve."""
