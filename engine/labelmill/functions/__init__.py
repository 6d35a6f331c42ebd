"""Types of labeling functions, one file each."""
