"""The examples' scripts are no package: they find each other by their folder."""

import sys
from pathlib import Path

for _folder in ("tiny", "smollm2"):
    sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / _folder))
