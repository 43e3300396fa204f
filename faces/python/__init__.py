"""Python: what ``import zosimos`` offers. No logic of its own: it turns Python's words into a campaign's and back."""
