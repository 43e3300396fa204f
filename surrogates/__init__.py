"""Surrogates: models that predict measured quantities with honest uncertainty."""
