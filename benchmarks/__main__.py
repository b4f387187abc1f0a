"""`python -m benchmarks NAME [options]`: one measurement on servers that are gone afterwards.

Servers that the environment names are used instead; a database with real rosters is refused.
"""

import os
import subprocess
import sys
from pathlib import Path

from bureau.servers import ROOT, bring_up_to_date, throw_away_servers

#: Short names, such as `r1` for `r1_reading`.
NAMES = {path.stem.partition("_")[0]: path.stem for path in Path(__file__).parent.glob("r*_*.py")}


def main(arguments: list[str]) -> int:
    """Run the named measurement; its exit code."""
    if not arguments or arguments[0] not in NAMES:
        listed = "\n".join(f"  {short:<5} {name}" for short, name in sorted(NAMES.items()))
        print(f"usage: python3 dev.py measure NAME [--rows N] [--runs N] [--json]\n\n{listed}")
        return 2
    module = f"benchmarks.{NAMES[arguments[0]]}"
    with throw_away_servers(durable=True) as variables:
        bring_up_to_date(variables)
        command = [sys.executable, "-m", module, *arguments[1:]]
        return subprocess.run(command, env={**os.environ, **variables}, cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
