"""Types of tasks, one file each."""
