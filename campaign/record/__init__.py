"""The record: events folded into a campaign's state, and what is kept with it."""
