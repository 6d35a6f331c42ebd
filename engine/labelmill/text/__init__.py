"""Pure work on text: normal forms, tokens, matching, tag schemes, edits."""
