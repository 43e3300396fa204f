"""A hotplate: what it can do, how it is spoken to, how it is simulated, and what a recipe may do with it."""
