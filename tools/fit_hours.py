"""Fit the hours of a case to its trips and border figures, and write the table hours.csv: run after trips, borders or judgement change."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import polars as pl

from karwan.analysis.trips import fitted_hours, trips_fitted_to
from karwan.case import read_case

HOURS = Path("src/karwan/cases/kaz-pak/hours.csv")


def fitted_table(case: str) -> pl.DataFrame:
    """Table `hours` of a case as fitted, in the order of its file, with the sources of the trips it rests on."""
    held = read_case(case)
    told = sorted({source for trip in trips_fitted_to(held) for source in trip.sources})
    return fitted_hours(held).with_columns(source_id=pl.lit(";".join([*told, "judgement"])))


def main() -> int:
    """Write the table, or with --check say whether it is the one that the rows give."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--check", action="store_true")
    check = asked.parse_args().check
    order = pl.read_csv(HOURS)["hours_id"]
    table = fitted_table("kaz-pak").with_columns(
        at=pl.col("hours_id").replace_strict(order, range(len(order)), return_dtype=pl.Int64)
    )
    text = table.sort("at").drop("at").select(pl.read_csv(HOURS).columns).write_csv()
    if check:
        return int(text != HOURS.read_text(encoding="utf-8"))
    HOURS.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
