"""The ledger: the append-only, hash-chained record of everything that happened in a campaign."""
