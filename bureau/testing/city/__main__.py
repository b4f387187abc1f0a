"""Command line: python -m bureau.testing.city OUT --people N --seed S."""

import argparse
import sys
import time

from bureau.testing.city.generate import SCHEMES, STYLES, generate


def main() -> int:
    """Make a city and say what was made."""
    parser = argparse.ArgumentParser(
        prog="python -m bureau.testing.city", description="Make rosters about invented people."
    )
    parser.add_argument("out", help="folder for files/ and truth/")
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--style", choices=STYLES, default=STYLES[0])
    parser.add_argument("--only", nargs="+", default=(), choices=[s.lower() for s in SCHEMES])
    parser.add_argument("--no-truth", action="store_true", help="leave out the truth files")
    parser.add_argument(
        "--reserved-numbers", action="store_true", help="numbers under a code that nobody has"
    )
    arguments = parser.parse_args()
    start = time.perf_counter()
    summary = generate(
        arguments.out,
        people=arguments.people,
        seed=arguments.seed,
        style=arguments.style,
        truth=not arguments.no_truth,
        only=arguments.only,
        reserved_numbers=arguments.reserved_numbers,
    )
    seconds = time.perf_counter() - start
    sys.stdout.write(
        f"{summary.people} people, {summary.records} records ({summary.faulty_records} with "
        f"faults), {summary.pairs} pairs, {len(summary.files)} files; {seconds:.1f} s, "
        f"{summary.records / seconds:.0f} records/s\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
