"""Figures of kaz-pak in docs/basket.md, plan.md, potential.md and target.md: written by tools/docs.py, checked by the tests."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from figures import Pages, rows_of

from karwan.amounts import number, percent, usd
from karwan.analysis.basket_targets import basket_target
from karwan.analysis.corridor_change import corridor_change
from karwan.analysis.target_answer import target_answer
from karwan.case import read_case
from karwan.project import open_case
from karwan.words import say, sentences

CASE, CAP, COUNTS = "kaz-pak", 0.3, (5, 8, 9, 10, 20, 40)
OPEN = "open_afghan_crossings"


def baskets() -> Iterator[str]:
    """The case's basket target with every good in it, its frontier, and the reach of a billion."""
    project = open_case(CASE)
    target = basket_target(project.case)
    assert target is not None
    value, count, _ = target
    asked = {"goods": count, "target": value, "sectors": (f"*={CAP}",)}
    command = f'    karwan basket --goods {count} --target {value / 1e6:g}e6 --sectors "*={CAP}"'
    yield from (command, "")
    yield from (f"- {line}" for line in sentences(project.basket(**asked).notes))
    counts = ",".join(map(str, COUNTS))
    yield from ("", f"{command} --fewest 0 --frontier {counts}", "")
    edge = project.basket(**asked, fewest=0, frontier=COUNTS).tables["frontier"]
    shown = edge.with_columns(pl.col("cost_usd").map_elements(usd, pl.String))
    yield from rows_of(
        "at most | goods chosen | cost, USD | status", shown, ["most_goods", "goods", "cost_usd", "status"]
    )
    yield from ("", "    karwan basket --reach", "")
    yield from (f"- {line}" for line in sentences(project.basket(reach=True).notes))


def chances() -> Iterator[str]:
    """Chance and range of each way by the first and the last date."""
    case = read_case(CASE)
    table = target_answer(case, as_of=case.settings.as_of).chances
    titles = table["target"].unique(maintain_order=True).to_list()
    ends = [titles[0], titles[-1]]
    dates = dict(case["targets"].select("title", "due").iter_rows())
    ways = table["model"].unique(maintain_order=True)
    said = pl.DataFrame(
        {"by": ways, **{title: [_chance(table, title, way) for way in ways] for title in ends}}
    )
    heads = " | ".join(f"by {dates[title]:%-d %B %Y}" for title in ends)
    yield from rows_of(f"way | {heads}", said, ["by", *ends])


def _chance(table: pl.DataFrame, title: str, way: str) -> str:
    row = table.row(by_predicate=(pl.col("target") == title) & (pl.col("model") == way), named=True)
    return f"{percent(row['probability'])} ({percent(row['low'])} to {percent(row['high'])})"


def worths() -> Iterator[str]:
    """What each scenario is worth, and once the border is open."""
    named = {"": (), OPEN: (OPEN,)}
    now, opened = (open_case(CASE, under).worth().tables["promises"] for under in named.values())
    then = opened.select("scenario_id", then="net_usd_year").unique("scenario_id")
    table = now.filter(pl.col("rank").is_not_null()).unique("scenario_id", maintain_order=True)
    table = table.join(then, on="scenario_id", how="left", maintain_order="left")
    net = ["net_usd_year", "low_net_usd_year", "high_net_usd_year", "then", "net_usd_year_kept"]
    columns = [*net, "duty_usd_year"]
    said = table.with_columns(
        pl.format("`{}`", "scenario_id").alias("scenario"),
        *(
            pl.col(c).round_sig_figs(2).map_elements(lambda v: number(round(v, -3)), pl.String)
            for c in columns
        ),
    )
    heads = "scenario of the promises | net USD a year | low | high | once the border is open | last kept | duty saved"
    yield from rows_of(heads, said, ["scenario", *columns])
    missing = now.filter(pl.col("rank").is_null()).height
    yield from ("", f"{missing} of the {now.height} promises have no figure: no scenario models them.")


def corridor() -> Iterator[str]:
    """Freight over value now and with the border open."""
    case = read_case(CASE)
    words = corridor_change(case, [OPEN], case.settings.party_a, theta=5.03).words
    assert words is not None
    yield f"{say(words)}."


PAGES: Pages = {
    "basket.md": baskets,
    "plan.md": worths,
    "potential.md": corridor,
    "target.md": chances,
}
