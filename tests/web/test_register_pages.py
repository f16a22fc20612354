"""The plan by both sides in the page: read beside each other, equal to the command line, and never over another register."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("django", reason="the extra `web` is not installed")

from karwan.cli.app import app
from karwan.errors import UnknownName
from karwan.project import open_case
from karwan.register.rules import Said
from karwan.runs.job import Job, job_key
from karwan.web.answers.work import download, page
from karwan.web.site import _signature

CASE = "toyland"


@pytest.fixture(scope="module")
def promises() -> list[str]:
    return open_case(CASE).case["commitments"]["commitment_id"].to_list()


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory, promises: list[str]) -> str:
    """Two sides that contradict one another on the first promise."""
    path = str(tmp_path_factory.mktemp("register") / "plan.register")
    project = open_case(CASE)
    settings = project.case.settings
    for side, status in ((settings.party_a, "in_progress"), (settings.party_b, "stalled")):
        said = Said(side, promises[0], "statement", {"status": status}, "<b>Talks</b> of May.")
        project.say(path, said, "A. Person")
    return path


def asked(address: str, served: str | None, **more: str) -> Job:
    pairs = (("address", address), *((name.replace("id_", "id:"), value) for name, value in more.items()))
    return Job("t", CASE, (), pairs, None, "", served)


def silent(text: str) -> None:
    assert isinstance(text, str)


def test_both_words_stand_beside_each_other_and_files_are_the_command_lines(
    register: str, promises: list[str]
) -> None:
    shown = page(asked("plan/register", register), silent).decode()
    assert all(part in shown for part in ("unequal", "in progress", "stalled", "Cut the bean tariff"))
    assert "Upland" in shown and "in_progress" not in shown  # sides and words as people read them
    for form in ("json", "csv"):
        printed = CliRunner().invoke(app, ["plan", "state", register, "--case", CASE, f"--{form}"])
        assert printed.exit_code == 0, printed.output
        head, _, content = download(asked("plan/register", register, form=form), silent).partition(b"\n")
        assert head.startswith(b"200") and content.decode() == printed.stdout
    printed = CliRunner().invoke(
        app, ["plan", "history", register, "--case", CASE, "--promise", promises[0], "--json"]
    )
    one = asked("plan/promises/{id}", register, id_id=promises[0], form="json")
    assert download(one, silent).partition(b"\n")[2].decode() == printed.stdout


def test_every_page_takes_the_register_as_its_plan_and_a_query_cannot_name_another(
    register: str, promises: list[str], tmp_path: Path
) -> None:
    plan = download(asked("plan/status", register, form="json"), silent).partition(b"\n")[2].decode()
    assert '"XTA: in_progress; XTC: stalled"' in plan
    other = asked("plan/register", None, register=register)
    assert "No register is served" in page(other, silent).decode()
    assert job_key(asked("plan/register", register)) != job_key(asked("plan/register", None))
    assert _signature(register) and _signature(None) == _signature(str(tmp_path / "none")) == ""


def test_a_promise_that_is_none_is_refused_with_those_known(register: str) -> None:
    answer = page(asked("plan/promises/{id}", register, id_id="nonsense"), silent).decode()
    assert "404" in answer and UnknownName.__name__ not in answer and "known" in answer
