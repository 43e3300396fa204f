"""Advising: what a model, or rules where there is none, advises a campaign that runs."""
