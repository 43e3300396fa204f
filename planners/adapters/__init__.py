"""Other planning packages behind our own seam: each keeps the package's own object and speaks ask and tell."""
