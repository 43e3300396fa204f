"""The report: a campaign's record as one HTML file that opens anywhere, without a network."""

from zosimos.campaign.report.page import write_report

__all__ = ["write_report"]
