"""Types of preparation steps, one file each."""
