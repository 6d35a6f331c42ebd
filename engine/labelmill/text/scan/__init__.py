"""Looking for many patterns in many texts at once, with the meaning of `re`."""

from labelmill.text.scan.patience import Overdue, Patience
from labelmill.text.scan.scan import Found, Kit, Probe, Scan, slow_here

__all__ = ["Found", "Kit", "Overdue", "Patience", "Probe", "Scan", "slow_here"]
