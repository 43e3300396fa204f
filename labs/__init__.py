"""Ready-made laboratories: each is a plugin that a campaign file names by its kind."""
