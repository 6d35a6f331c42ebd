"""labelmill: from labeling functions in YAML to published training sets."""

__version__ = "0.1.0"
