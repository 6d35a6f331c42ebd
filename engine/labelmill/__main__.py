"""`python -m labelmill` is the labelmill command."""

import sys

from labelmill.cli import main

if __name__ == "__main__":
    sys.exit(main())
