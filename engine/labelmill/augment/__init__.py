"""Types of augmentation, one file each."""
