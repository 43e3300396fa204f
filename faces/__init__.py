"""Faces: how people and programs reach a campaign. They parse, call what is below, and show; they decide nothing."""
