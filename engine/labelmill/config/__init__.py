"""From a YAML file to a checked job specification."""
