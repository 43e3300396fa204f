"""Templates: a few answers in words become a campaign file, valid and with a remark on each of its lines."""
