"""Campaigns: the spec, the closed loop, approvals, the ledger, recovery, replay, report and export."""
