"""The report: a campaign's record as one HTML file that opens anywhere, without a network; its figures one by one."""

from zosimos.campaign.report.comparison import write_comparison
from zosimos.campaign.report.page import write_report

__all__ = ["write_comparison", "write_report"]
