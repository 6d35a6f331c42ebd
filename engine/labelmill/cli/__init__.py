"""The front door: the labelmill command."""


def main() -> None:
    """Run the command line."""
