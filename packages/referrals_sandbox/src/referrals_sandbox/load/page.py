"""placeholder"""
from referrals_sandbox.load.report import Report
def page(report: Report) -> str:
    """Return it."""
    return report.as_text()
