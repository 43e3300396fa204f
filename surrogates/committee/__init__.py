"""The committee: exact Gaussian processes of several kinds, weighed by how well each predicts what it has not seen."""
