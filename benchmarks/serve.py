"""The page under load: cached pages a second, 50 different scenario questions at once, the route page warm, memory of all processes.

python benchmarks/serve.py [--case kaz-pak]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

PORT = 8799
ROOT = f"http://127.0.0.1:{PORT}"


def memory_mb(process: int) -> float:
    """Resident memory of a process and all below it, less what they share, MB."""
    total = 0.0
    children = Path(f"/proc/{process}/task/{process}/children")
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    total += next(float(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024
    return total + sum(memory_mb(int(child)) for child in children.read_text(encoding="ascii").split())


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
        process.send_signal(signal.SIGINT)
        process.wait(30)


async def answered(client: httpx.AsyncClient, address: str) -> tuple[int, float]:
    """Status and seconds until an address has its answer."""
    start = time.perf_counter()
    answer = await client.get(address)
    while answer.status_code == 202:
        await asyncio.sleep(0.5)
        answer = await client.get(address)
    return answer.status_code, time.perf_counter() - start


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


async def run(case: str, process: int, questions: int) -> None:
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
        sets = [s for size in (1, 2, 3) for s in itertools.combinations(known, size)][:questions]
        start, most = time.perf_counter(), 0.0

        async def watch() -> None:
            nonlocal most
            while True:
                most = max(most, memory_mb(process))
                await asyncio.sleep(1.0)

        watcher = asyncio.create_task(watch())
        asked = [
            answered(client, root + "scenarios?" + "&".join(f"with={name}" for name in one)) for one in sets
        ]
        found = await asyncio.gather(*asked)
        watcher.cancel()
        failed = [status for status, _ in found if status != 200]
        print(
            f"{len(sets)} different scenario questions at once: {time.perf_counter() - start:.0f} s, {len(failed)} failed {failed[:5]}"
        )
        print(f"memory of all processes: {most:.0f} MB at most")
    print(
        f"cached route page: {cached_rate(root + 'route'):,.0f} requests/s, {os.cpu_count()} cores shared with the clients"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", default="kaz-pak")
    parser.add_argument("--questions", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, server(given.case, folder) as process:
        asyncio.run(run(given.case, process, given.questions))


if __name__ == "__main__":
    main()
