"""`python -m firsthand`: try a key, see the verdict, find out what is wrong."""

import sys

from firsthand.cli import main

sys.exit(main(sys.argv[1:]))
