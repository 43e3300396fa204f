"""Grounding: what a model says of a campaign is held against its record before a person reads it."""
