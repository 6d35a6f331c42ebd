"""The nouns of labelmill: labels, votes, patterns, soft labels, and what a type must do."""
