"""Replies to compose: sentences that are true of a campaign's record, and deeds that nobody did."""
