"""Every screen of a case once: how large it is as it is sent, and how long it takes; and the route page warm, for different questions.

python benchmarks/pages.py [--case kaz-pak] [--only route sources]

It fails where a page is larger than its budget of 40 kB, packed by gzip. With `--only` it looks at these addresses alone.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import re
import sys
import tempfile

import httpx
from serve import ROOT, answered, server

from karwan.web.screens import SCREENS

BUDGET = 40_000
FOLLOWED = ("brief", "corridors", "crossings", "goods", "ventures", "plan/promises")
"""Screens of one thing, by the start of their address; one link of each is followed, and every section of the brief."""
WARM = ("?tonnes=21", "?tonnes=22&depart=2026-12-01", "?product=kinnow", "?from=Kostanay&to=Karachi")


def linked(page: str, root: str) -> list[str]:
    """Addresses of one thing of each kind that a page leads to."""
    found: list[str] = []
    for start in FOLLOWED:
        ids = dict.fromkeys(re.findall(rf'href="{root}({start}/[\w-]+)["?#]', page))
        known = [one for one in ids if one not in {screen.address for screen in SCREENS}]
        found += known if start == "brief" else known[:1]
    return found


async def measured(client: httpx.AsyncClient, root: str, addresses: list[str], *, follow: bool) -> list[str]:
    """Size and seconds of every address, printed; those beyond the budget."""
    over, seen = [], set()
    while addresses:
        address = addresses.pop(0)
        if address in seen:
            continue
        seen.add(address)
        status, seconds = await answered(client, root + address)
        answer = await client.get(root + address)
        size = len(gzip.compress(answer.content, 6))
        print(f"{size / 1000:6.1f} kB {seconds:6.1f} s {status} {address or '(front)'}", flush=True)
        if size > BUDGET:
            over.append(address)
        if follow:
            addresses += [one for one in linked(answer.text, root) if one not in seen]
    print(f"{len(seen)} pages, {len(over)} beyond {BUDGET / 1000:.0f} kB: {', '.join(over) or 'none'}")
    return over


async def run(case: str, only: list[str]) -> list[str]:
    root = f"/en/{case}/"
    plain = [screen.address for screen in SCREENS if "{" not in screen.address]
    async with httpx.AsyncClient(base_url=ROOT, timeout=900.0) as client:
        over = await measured(client, root, list(only) or plain, follow=not only)
        for asked in WARM if case == "kaz-pak" else ():
            status, seconds = await answered(client, f"{root}route{asked}", 0.05)
            print(f"route page, warm, {asked}: {status}, {seconds:.2f} s", flush=True)
    return over


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", default="kaz-pak")
    parser.add_argument("--only", nargs="*", default=[])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, server(given.case, folder):
        over = asyncio.run(run(given.case, given.only))
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
