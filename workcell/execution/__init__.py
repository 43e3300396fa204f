"""Carrying a recipe out: stations and who holds them, one step after the other, and what the record says of them."""
