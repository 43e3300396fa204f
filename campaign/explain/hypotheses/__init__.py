"""What results make of stated hypotheses: their probabilities, what would tell more, and how well authors judged."""
