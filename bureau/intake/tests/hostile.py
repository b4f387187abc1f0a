"""Reads files that mean harm in a process of its own and tells what that cost; also a program.

`cost_of` is for tests. As a program it reads every file named and prints a line of JSON for each.
"""

import dataclasses
import json
import resource
import subprocess
import sys
from pathlib import Path

#: What no file may cost, however it was made.
SECONDS = 2.0
MIB = 400
#: Where a reader that is not limited is stopped, so that a test of it ends.
STOPPED_AFTER_SECONDS = 20
STOPPED_AT_BYTES = 3 * 1024**3


@dataclasses.dataclass(frozen=True, slots=True)
class Cost:
    """How a file ended (a code, "rows", or what went wrong), and what it took until then."""

    end: str
    rows: int
    seconds: float
    mib: int


def cost_of(*paths: Path) -> list[Cost]:
    """What reading each of the files took; the peak of memory is that of all before as well."""
    done = subprocess.run(
        [sys.executable, "-m", "bureau.intake.tests.hostile", *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
        env={"DJANGO_SETTINGS_MODULE": "bureau.settings", "PATH": "/usr/bin:/bin"},
        cwd=Path(__file__).parents[3],
    )
    costs = [Cost(**json.loads(line)) for line in done.stdout.splitlines()]
    if len(costs) < len(paths):
        costs.append(Cost(f"died: {done.returncode} {done.stderr[-2000:]}", 0, 1e9, 10**9))
    return costs


def processor_seconds() -> float:
    """Of this process and the readers it started; others on the machine do not count."""
    return sum(
        sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )


def read(path: Path) -> tuple[str, int]:
    """Read as a roster is read: opened, a layout proposed, then all rows in frames."""
    from bureau.intake.frames import frames
    from bureau.intake.layouts import propose_layout
    from bureau.intake.readers import SourceRefused, open_source
    from bureau.intake.tests.sample_fields import FIELDS

    rows = 0
    try:
        with open_source(path) as source:
            layout = propose_layout(source, FIELDS)
            for frame in frames(source, layout, FIELDS):
                rows += frame.height
    except SourceRefused as refusal:
        return refusal.problem.code, rows
    except Exception as error:  # noqa: BLE001 (told to the test, whatever it is)
        return f"{type(error).__name__}: {error}"[:300], rows
    return "rows", rows


def main() -> None:
    """Read the files named as arguments."""
    from bureau.testing.memory import peak_mib

    # Only the soft limits: the reader that it starts sets its own, and must be free to.
    for limit, value in (
        (resource.RLIMIT_CPU, STOPPED_AFTER_SECONDS),
        (resource.RLIMIT_AS, STOPPED_AT_BYTES),
    ):
        resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))
    for name in sys.argv[1:]:
        began = processor_seconds()
        end, rows = read(Path(name))
        cost = Cost(end, rows, round(processor_seconds() - began, 2), peak_mib())
        print(json.dumps(dataclasses.asdict(cost)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
