"""Models: what is believed of each outcome, from everything measured so far."""
