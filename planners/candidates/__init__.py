"""Candidates: allowed rows of a space, drawn evenly, moved a little, repaired."""
