"""Curves from figures: a picture of a plot becomes points with uncertainties, once a person states its axes."""
