"""Devices: a folder each, with a driver and a simulator that speaks the same bytes."""
