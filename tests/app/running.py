"""Running a piece of the program in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run_python(script: str, folder: Path, **environment: str) -> str:
    """What the script prints, run in `folder` with our packages importable and none of our variables but these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHLINE_")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
