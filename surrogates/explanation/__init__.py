"""Explanation: what a model's predictions rest on, in shares, rules and formulas, with how far to trust each."""
