"""`python -m mingma` is `mingma`."""

import sys

from mingma.cli import main

sys.exit(main())
