"""Linear models as textbooks have them: terms of a stated model, least squares, and what may be concluded from them."""
