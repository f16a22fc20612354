"""The `karwan` command and its nouns."""

from __future__ import annotations

from typing import Annotated

import typer

from karwan._version import __version__
from karwan.analysis.registry import ANALYSES
from karwan.cli import (
    brief,
    case,
    corridor,
    docs,
    ingest,
    network,
    observed,
    plan,
    port,
    register,
    scenario,
    serve,
    trade,
    venture,
)
from karwan.cli.extracts import AnswerCommand
from karwan.cli.generated import command_of

app = typer.Typer(
    name="karwan",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="What holds two countries' trade back, over which corridor, and what removing it is worth.",
)
brief.register(app)
app.command("serve")(serve.serve)
ingest.register(trade.app)
register.register(plan.app)
NOUNS = {
    "case": case.app,
    "corridor": corridor.app,
    "network": network.app,
    "observed": observed.app,
    "trade": trade.app,
    "trade world": trade.world,
    "plan": plan.app,
    "scenario": scenario.app,
    "venture": venture.app,
    "port": port.app,
    "": app,
}
WRITTEN_BY_HAND = ("brief",)  # it writes files and prints a summary
for analysis in ANALYSES:
    if analysis.name in WRITTEN_BY_HAND:
        continue
    noun, _, verb = analysis.name.rpartition(" ")
    NOUNS[noun].command(verb, cls=AnswerCommand)(command_of(analysis))
app.add_typer(scenario.app, name="scenario")
app.add_typer(case.app, name="case")
app.add_typer(corridor.app, name="corridor")
app.add_typer(network.app, name="network")
app.add_typer(observed.app, name="observed")
app.add_typer(trade.app, name="trade")
app.add_typer(plan.app, name="plan")
app.add_typer(venture.app, name="venture")
app.add_typer(port.app, name="port")
app.add_typer(docs.app, name="docs")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"karwan {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of user errors.")] = False,
) -> None:
    """Karwan reads a case (two countries, their network, trade and plan) and answers from it."""
