"""Reports: HTML pages about fitted networks."""

from skdeep.reports._report import Report, report

__all__ = ["Report", "report"]
