"""Types of exports, one file each."""
