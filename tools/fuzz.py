"""Run the fuzz of the readers for longer than the tests do.

python tools/fuzz.py --inputs 50000 --reader tntp      readers whose name holds the word; all without --reader
python tools/fuzz.py --reader "tntp net" --seed 1234   one input again, its file shown
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.fuzz.harness import Reader, folder, run
from tests.fuzz.mutations import mutate
from tests.fuzz.readers import READERS


def main() -> None:
    """Read the options, run, and end with exit code 1 where an input failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=50_000)
    parser.add_argument("--start", type=int, default=0, help="first seed")
    parser.add_argument("--reader", default="", help="word in the names of readers")
    parser.add_argument("--seed", type=int, help="only this input, shown")
    parser.add_argument("--most", type=int, default=20, help="stop a reader after so many failures")
    given = parser.parse_args()
    readers = [reader for reader in READERS if given.reader in reader.name]
    if not readers:
        parser.error(f"no reader is called so: {', '.join(reader.name for reader in READERS)}")
    if given.seed is not None:
        given.start, given.inputs = given.seed, 1
        show(readers[0], given.seed)
    failed = sum(
        look(reader, range(given.start, given.start + given.inputs), given.most) for reader in readers
    )
    sys.exit(1 if failed else 0)


def look(reader: Reader, seeds: range, most: int) -> int:
    """Run one reader, print its failures, and return how many there are."""
    start = time.process_time()
    with folder() as made:
        tried = run(reader, made, seeds, most=most)
    seconds = time.process_time() - start
    print(
        f"{reader.name}: {len(tried.failures)} failures of {tried.inputs:,} different inputs, {seconds:.1f} s of computing",
        flush=True,
    )
    for failure in tried.failures:
        print(f"  {failure}", flush=True)
    return len(tried.failures)


def show(reader: Reader, seed: int) -> None:
    """Print the mutated file of a seed."""
    good = dict(reader.files())
    rng = random.Random(f"{reader.name} {seed}")
    name = rng.choice(reader.changed or tuple(good))
    print(f"{name}:\n{mutate(good[name], rng, reader.mutations)!r}\n")


if __name__ == "__main__":
    main()
