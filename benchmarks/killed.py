"""A register killed in the middle of statements and uploads, many times: whole entries or none, every file whole.

python benchmarks/killed.py [--times 50] [--forms]

With --forms the writer is what answers the forms of the page, an upload as a browser sent it; else the register itself.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from karwan.register.register import Register

WRITER = """
import sys
from karwan.register.files import checked_file
from karwan.register.register import Register
from karwan.register.rules import Said
place = sys.argv[1]
about = {"sides": ("XTA", "XTC"), "commitments": ["p"]}
with Register(place, create=True) as register:
    for n in range(100000):
        register.append(Said("XTA", "p", "statement", {"status": "stalled"}, f"{n}"), "A. Bek", **about)
        print("statement", flush=True)
        act = checked_file(f"act{n}.txt", f"{n} {place} ".encode() * 20_000)
        said = Said("XTA", "p", "evidence", {"file": act.digest, "name": act.name, "bytes": len(act.content)}, "Signed.")
        register.append(said, "A. Bek", evidence=act, **about)
        print("upload", flush=True)
"""
FORMS = """
import sys
from karwan.register.register import Register
from karwan.web.saying import Plan, Upload, write
place, plan, who = sys.argv[1], Plan(("XTA", "XTC"), ("p",)), {"side": "XTA", "by": "A. Bek"}
with Register(place, create=True):
    pass
for n in range(100000):
    write(place, plan, "p", {**who, "do": "statement", "status": "stalled", "reason": f"{n}"}, None)
    print("statement", flush=True)
    act = Upload(f"act{n}.txt", f"{n} {place} ".encode() * 20_000)
    write(place, plan, "p", {**who, "do": "evidence", "reason": "Signed."}, act)
    print("upload", flush=True)
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--forms", action="store_true")
    parser.add_argument("--times", type=int, default=50)
    given = parser.parse_args()
    times, writer = given.times, FORMS if given.forms else WRITER
    draw = random.Random(1)
    told, faults = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "plan.register"
        for _ in range(times):
            told, fault = _kill_once(writer, place, told, draw.uniform(0.0, 0.6))
            faults += fault
        files = list(_files(place))
        torn = [path for path in files if hashlib.sha256(path.read_bytes()).hexdigest() != path.name]
        with Register(str(place)) as register:
            entries = register.entries()
            named = {str(e.change["file"]) for e in entries if "file" in e.change}
        missing = named - {path.name for path in files}
    print(
        f"killed {times} times: {len(entries)} entries, {len(named)} files named, {faults} chains broken or entries lost, "
        f"{len(torn)} files torn, {len(missing)} named and not there"
    )
    return 1 if faults or torn or missing else 0


def _kill_once(code: str, place: Path, told: int, wait_s: float) -> tuple[int, int]:
    """Kill a writer some time after its first entry; entries held then, and whether one told of is lost or the chain is broken."""
    with subprocess.Popen([sys.executable, "-c", code, str(place)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        told += bool(writer.stdout.readline())
        time.sleep(wait_s)
        writer.kill()
        told += len(writer.stdout.read().splitlines())
    with Register(str(place)) as register:
        held = len(register.entries())
        whole = register.verify() == []
    return held, not (whole and told <= held <= told + 1)


def _files(place: Path) -> list[Path]:
    """Files of evidence beside a register, each named by its digest."""
    return [path for path in place.parent.rglob("*") if path.is_file() and len(path.name) == 64]


if __name__ == "__main__":
    sys.exit(main())
