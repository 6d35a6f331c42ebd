"""From a YAML file to a checked job specification."""

from labelmill.config.columns import check_columns, named_columns
from labelmill.config.load import build, find_root, load

__all__ = ["build", "check_columns", "find_root", "load", "named_columns"]
