"""Label models: from votes to probabilistic labels, one file each."""
