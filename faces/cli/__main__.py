"""``python -m zosimos.faces.cli`` is ``zosimos``."""

import sys

from zosimos.faces.cli import main

sys.exit(main())
