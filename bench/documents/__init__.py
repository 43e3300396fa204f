"""Twelve invented documents of a laboratory, and sixty questions about them."""
