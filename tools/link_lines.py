"""Write the lines of a case's links along roads, railways and sea lanes where these are known, simplified, for its maps.

    python tools/link_lines.py [CASE]

Needs the extra `check` (scgraph_data, searoute). Links that these networks do not cover, or where they give another length, are left
out: maps draw those straight and dashed. Licences: scgraph_data (MIT) holds road and rail graphs made from OpenStreetMap, (c)
OpenStreetMap contributors, ODbL 1.0; searoute (Apache-2.0) holds lanes of Eurostat.
"""

from __future__ import annotations

import csv
import sys

import numpy as np

from karwan.analysis.corridor_map import LINES
from karwan.case import read_case
from karwan.case.case import case_folder
from karwan.exchange.geo import STRAIGHT, link_lines
from karwan.exports import beside
from karwan.report.projection import simplify

DEGREES = 0.02  # no dropped point lies further from the line
LICENCES = {
    "scgraph_data": "ODbL 1.0, OpenStreetMap contributors; MIT",
    "searoute": "Apache-2.0, lanes of Eurostat",
}


def main(name: str) -> int:
    """Write the table and say how many links it covers."""
    case = read_case(name)
    lines = link_lines(case["links"], case["nodes"], "scgraph")
    covered = {link: line for link, line in lines.items() if line.source != STRAIGHT}
    path = case_folder(name) / LINES
    path.parent.mkdir(exist_ok=True)
    with beside(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["link_id", "source", "licence", "points"])
        for link, line in sorted(covered.items()):
            lon, lat = np.array(line.points, dtype=np.float64).T
            kept = simplify(lon, lat, DEGREES)
            points = ";".join(f"{lon[k]:.3f} {lat[k]:.3f}" for k in kept)
            licence = next((text for key, text in LICENCES.items() if line.source.startswith(key)), "")
            writer.writerow([link, line.source, licence, points])
    print(f"{path}: {len(covered)} of {len(lines)} links")
    return 0


if __name__ == "__main__":
    sys.exit(main(*(sys.argv[1:] or ["kaz-pak"])))
