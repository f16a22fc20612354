"""Every command that answers from a case, run inside the test process: its exit code, its text, and what escaped."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from karwan.analysis.case_requests import CheckRequest
from karwan.analysis.contract import Result
from karwan.analysis.registry import BY_NAME
from karwan.case import embedded_cases
from karwan.cli import run as run_command_line
from karwan.cli.app import app
from karwan.errors import KarwanError
from karwan.project import ask, open_case
from karwan.report import print_summary, render_html, write_workbook


@dataclass(frozen=True)
class Ends:
    """What the commands of one case are asked about."""

    origin: str
    destination: str
    product: str
    exporter: str
    importer: str
    day: str
    scenario: str
    regime: str
    venture: str
    market: str


TOYLAND = Ends("A", "C", "beans", "XTA", "XTC", "2025-07-01", "fast_yard", "toy_pact", "v1", "gulf")
KAZ_PAK = Ends(
    *("KOS", "P_KHI", "chickpeas", "KAZ", "PAK", "2026-12-01", "khunjerab_all_week"),
    *("KZ_PK_TTA", "leather", "central_asia"),
)


@dataclass(frozen=True)
class Ended:
    """A command line that ended as the program ends: exit code, standard output and error."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Both."""
        return self.stdout + self.stderr


def program(*arguments: str | Path) -> Ended:
    """Run `karwan` with arguments in this process, through the program's own entry: errors are messages and exit codes."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run_command_line([str(argument) for argument in arguments])
    return Ended(int(code or 0), out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Ran:
    """A command that ran: exit code, standard output, and the error that was not the project's own."""

    code: int
    output: str
    escaped: BaseException | None


def commands(case: Path | str, ends: Ends = TOYLAND) -> dict[str, list[str]]:
    """Name to arguments of every command that answers from a case, each as JSON."""
    folder, e = str(case), ends
    plain = {
        "case check": ["case", "check", folder],
        "corridor compare": ["corridor", "compare", folder, "--stages"],
        "corridor critical": ["corridor", "critical", folder],
        "corridor sensitivity": ["corridor", "sensitivity", folder],
        "corridor assign": ["corridor", "assign", folder],
        "corridor observed": ["corridor", "observed", folder, "--all"],
        "route": [
            *("route", e.origin, e.destination, "--case", folder, "--product", e.product, "--tonnes", "20"),
            *("--depart", e.day, "--journeys", "500"),
        ],
        "plan status": ["plan", "status", folder],
        "plan worth": ["plan", "worth", folder],
        "sources": ["sources", folder],
        "trade status": ["trade", "status", folder],
        "trade target": ["trade", "target", "--case", folder],
        "trade compete": ["trade", "compete", e.product, "--case", folder, "--rival", "AUS:600:95:28"],
        "trade mirror": ["trade", "mirror", e.exporter, e.importer, "--case", folder],
        "trade growth": ["trade", "growth", e.exporter, e.importer, "--case", folder],
        "trade basket": ["basket", "--case", folder],
        "trade basket reach": ["basket", "--case", folder, "--reach", "--target", "2e7"],
        "scenario list": ["scenario", "list", folder],
        "scenario show": ["scenario", "show", folder, e.scenario],
        "scenario compare": ["scenario", "compare", folder, e.scenario],
        "scenario regime": ["scenario", "regime", e.regime, "--case", folder, "--draws", "10"],
        "scenario trade": ["scenario", "trade", folder, e.scenario],
        "corridor modes": ["corridor", "modes", folder],
        "corridor prices": ["corridor", "prices", folder],
        "corridor operators": ["corridor", "operators", folder],
        "plan documents": ["plan", "documents", folder],
        "plan draft": ["plan", "draft", folder],
        "plan indicators": ["plan", "indicators", folder],
        "port choice": ["port", "choice", folder, "--market", e.market],
        "port compare": ["port", "compare", folder],
        "port terminals": ["port", "terminals", folder],
        "trade goods": ["trade", "goods", folder],
        "trade potential": ["trade", "potential", e.exporter, e.importer, "--case", folder],
        "trade world show": ["trade", "world", "show", folder],
        "trade world check": ["trade", "world", "check", folder],
        "venture list": ["venture", "list", "--case", folder],
        "venture appraise": ["venture", "appraise", e.venture, "--case", folder],
        "venture compare": ["venture", "compare", e.venture, "--case", folder],
        "venture wait": ["venture", "wait", e.venture, "--case", folder],
        "venture template": ["venture", "template", "tannery", "--case", folder],
    }
    return {name: [*arguments, "--json"] for name, arguments in plain.items()}


def shuffled(case: str, folder: Path, seed: int) -> Path:
    """A copy of an embedded case with the rows of every table in another order; seed 0 turns them round."""
    shutil.copytree(embedded_cases()[case], folder)
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            head, *rows = csv.reader(file)
        if seed:
            random.Random(seed).shuffle(rows)
        else:
            rows.reverse()
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([head, *rows])
    return folder


def run(arguments: Sequence[str]) -> Ran:
    """Run `karwan` with arguments in this process."""
    done = CliRunner().invoke(app, list(arguments))
    error = done.exception
    if isinstance(error, KarwanError):
        return Ran(2, str(error), None)
    if error is None or isinstance(error, SystemExit):
        return Ran(done.exit_code, done.stdout, None)
    return Ran(1, done.stdout, error)


def case_report(case: Path | str) -> Result:
    """What `karwan case check` answers."""
    return ask(BY_NAME["case check"], CheckRequest(), case=case)[0]


def write_brief(case: Path | str, out: Path) -> Ran:
    """The brief of a case, its page, workbook and summary; the PDF is set outside Python and takes too long here."""
    from io import StringIO

    from rich.console import Console

    try:
        brief = open_case(case).brief()
        page = render_html(brief)
        write_workbook(brief, out / "brief.xlsx")
        console = Console(file=StringIO())
        print_summary(brief, console)
    except KarwanError as error:
        return Ran(2, str(error), None)
    except Exception as error:
        return Ran(1, "", error)
    return Ran(0, page, None)


def strict_json(text: str) -> Any:
    """Parse JSON that holds neither Infinity nor NaN."""

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def answers(case: Path | str, ends: Ends) -> Iterator[tuple[str, Ran]]:
    """Every command of a case with what it gave."""
    for name, arguments in commands(case, ends).items():
        yield name, run(arguments)
