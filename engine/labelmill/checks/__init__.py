"""Types of checks, one file each."""
