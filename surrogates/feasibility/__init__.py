"""Feasibility: where experiments give a usable result, and what their failures were due to."""
