"""Export: a campaign as a research object that others can read without Zosimos."""
