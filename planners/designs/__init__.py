"""Designs of experiments: tables of what to try that were worked out before anything is measured."""
