"""Keeping a ledger safe: backups and copies, and heads that are kept beside it and elsewhere."""
