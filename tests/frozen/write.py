"""Write anew what tests/frozen holds: python -m tests.frozen.write [runs] [verdicts] [losses].

Do it only where a commit says which output changes, and why.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent


def main(parts: list[str]) -> None:
    """Write the parts named; `runs` never, since those of format 2 cannot be made again."""
    if "verdicts" in parts:
        from tests.frozen.verdicts import SOURCES

        _dump("verdicts.json", {name: source() for name, source in SOURCES.items()})
    with tempfile.TemporaryDirectory() as scratch:
        if "losses" in parts:
            from tests.frozen.losses import losses

            _dump("losses.json", losses(Path(scratch)))
        if "report" in parts:
            from tests.frozen.reports import report_hashes

            _dump("report.json", report_hashes(Path(scratch) / "report"))
        if "runs" in parts:
            from tests.frozen.scripted import keep

            keep(FOLDER / "format2", Path(scratch))


def _dump(name: str, content: object) -> None:
    (FOLDER / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    os.environ.pop("PTR_SEED", None)
    main(sys.argv[1:])
