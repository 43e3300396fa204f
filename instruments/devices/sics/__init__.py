"""Balances that speak MT-SICS: Mettler-Toledo's, and many of other makers."""
