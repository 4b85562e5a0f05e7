"""A report on the kept runs, boiled down to a digest a file."""

import hashlib
from pathlib import Path

from ptr_eval.report import RunEntry, write_report

RUNS = Path(__file__).parent / "format2"
TEXTS = (".md", ".csv", ".tex")


def report_hashes(out: Path) -> dict[str, str]:
    """Report all kept runs; by file, the hash of every text, without pictures and the page."""
    runs = [RunEntry(path=path) for path in sorted(RUNS.iterdir()) if path.is_dir()]
    write_report(runs, out)
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in sorted(out.rglob("*"))
        if path.suffix in TEXTS
    }
