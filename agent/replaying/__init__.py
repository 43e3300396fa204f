"""Replaying: another model is asked what is on record, with no effect on anything."""
