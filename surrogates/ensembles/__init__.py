"""Ensembles: forests and small networks that disagree where there are no data."""
