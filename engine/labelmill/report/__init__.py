"""What a run reports: the table of labeling functions, the report files."""
