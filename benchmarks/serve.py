"""The page under load: cached pages a second, 50 different scenario questions at once, the route page warm, memory of all processes.

python benchmarks/serve.py [--case kaz-pak] [--questions 50] [--seconds 1800]

The questions are asked all at once, and counted each minute. What is not answered after `--seconds` is counted as open, so that a run
on a busy machine ends with figures too.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

PORT = 8799
ROOT = f"http://127.0.0.1:{PORT}"


def memory_mb(process: int) -> float:
    """Resident memory of a process and all below it, less what they share, MB."""
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    own = next(float(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024
    return own + sum(memory_mb(child) for child in children(process))


def children(process: int) -> list[int]:
    """Processes that any thread of a process started."""
    lists = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for one in lists for child in one.read_text(encoding="ascii").split()]


@contextmanager
def server(case: str, folder: str) -> Iterator[int]:
    """A server of its own with an empty folder of answers."""
    words = [sys.executable, "-m", "karwan", "serve", case, "--port", str(PORT), "--kept", folder]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    print(process.stdout.readline().strip())
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


async def answered(client: httpx.AsyncClient, address: str, pause: float = 0.5) -> tuple[int, float]:
    """Status and seconds until an address has its answer; it is looked at again after each pause."""
    start = time.perf_counter()
    answer = await client.get(address)
    while answer.status_code == 202:
        await asyncio.sleep(pause)
        answer = await client.get(address)
    return answer.status_code, time.perf_counter() - start


def processor_s(process: int) -> float:
    """Seconds of processor that a process and all below it have used."""
    words = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    own = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(processor_s(child) for child in children(process))


class Watch:
    """Looks at the memory of a process each second, and says each minute how many questions have their answer."""

    def __init__(self, process: int, asked: list[asyncio.Task[tuple[int, float]]]) -> None:
        self.process, self.asked, self.most_mb = process, asked, 0.0

    async def run(self) -> None:
        start, said = time.perf_counter(), 0
        while True:
            self.most_mb = max(self.most_mb, memory_mb(self.process))
            minute = int((time.perf_counter() - start) // 60)
            if minute > said:
                said = minute
                done = sum(one.done() for one in self.asked)
                print(
                    f"  after {minute} min: {done} of {len(self.asked)} answered, {self.most_mb:.0f} MB",
                    flush=True,
                )
            await asyncio.sleep(1.0)


async def at_once(client: httpx.AsyncClient, addresses: list[str], process: int, seconds: float) -> None:
    """Ask different questions all at once and print what came of them."""
    before = processor_s(process)
    start = time.perf_counter()
    asked = [asyncio.create_task(answered(client, one, 2.0)) for one in addresses]
    watch = Watch(process, asked)
    watcher = asyncio.create_task(watch.run())
    done, open_ = await asyncio.wait(asked, timeout=seconds)
    taken = time.perf_counter() - start
    watcher.cancel()
    for one in open_:
        one.cancel()
    broken = [one for one in done if one.exception()]
    found = sorted(one.result()[1] for one in done if not one.exception())
    statuses = Counter(one.result()[0] for one in done if not one.exception())
    failed = len(broken) + sum(count for status, count in statuses.items() if status != 200)
    print(
        f"{len(addresses)} different scenario questions at once: {len(done)} answered in {taken:.0f} s, {failed} failed, "
        f"{len(open_)} open; statuses {dict(statuses)}"
    )
    if found:
        print(
            f"until an answer: first {found[0]:.1f} s, half {found[len(found) // 2]:.1f} s, last {found[-1]:.1f} s"
        )
    used = processor_s(process) - before
    print(
        f"processor: {used:.0f} s, {used / max(len(done), 1):.1f} s a question; load of the machine {os.getloadavg()[1]:.1f}"
    )
    print(f"memory of all processes: {watch.most_mb:.0f} MB at most", flush=True)


def cached_rate(address: str, seconds: float = 8.0) -> float:
    """Requests a second for one address over kept connections, from two client processes."""
    code = (
        "import http.client,sys,time\n"
        f"c=http.client.HTTPConnection('127.0.0.1',{PORT});n=0;end=time.time()+{seconds}\n"
        "while time.time()<end:\n"
        f" c.request('GET',{address!r},headers={{'Accept-Encoding':'gzip'}});r=c.getresponse();r.read();n+=r.status==200\n"
        "print(n)"
    )
    clients = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    return sum(int(client.communicate()[0]) for client in clients) / seconds


async def run(case: str, process: int, questions: int, seconds: float) -> None:
    root = f"/en/{case}/"
    async with httpx.AsyncClient(base_url=ROOT, timeout=600.0) as client:
        status, first = await answered(client, f"{root}route")
        print(f"route page, first time: {status}, {first:.1f} s")
        other = f"{root}route?tonnes=21"
        status, warm = await answered(client, other)
        print(f"route page, another question, warm: {status}, {warm:.2f} s")
        print(
            f"cached route page: {cached_rate(root + 'route'):,.0f} requests/s, {os.cpu_count()} cores shared with the clients",
            flush=True,
        )
        names = (await client.get(f"{root}scenarios.json?with=none")).json()
        known = [part.strip() for part in names["errors"][0]["evidence"].removeprefix("known: ").split(",")]
        sets = [s for size in (1, 2, 3) for s in itertools.combinations(known, size)]
        days = [f"2025-{month:02d}-{day:02d}" for month in (7, 8) for day in range(1, 29)]
        told = [("", one) for one in sets] + [(f"as_of={day}&", one) for day in days for one in sets]
        addresses = [
            f"{root}scenarios?{day}" + "&".join(f"with={name}" for name in one)
            for day, one in told[:questions]
        ]
        await at_once(client, addresses, process, seconds)
    print(
        f"cached route page: {cached_rate(root + 'route'):,.0f} requests/s, {os.cpu_count()} cores shared with the clients"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", default="kaz-pak")
    parser.add_argument("--questions", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=1800.0, help="what is not answered by then is open")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, server(given.case, folder) as process:
        asyncio.run(run(given.case, process, given.questions, given.seconds))


if __name__ == "__main__":
    main()
