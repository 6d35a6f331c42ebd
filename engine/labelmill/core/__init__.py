"""The nouns of labelmill: labels, batches, votes, patterns, soft labels, and what a type must do."""
