import sys

from mingma.cli import main

sys.exit(main())
