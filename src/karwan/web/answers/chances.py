"""The chance of the target under the sets of the workbench, beside the chance as things stand and the base rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from karwan.analysis.contract import Result
from karwan.analysis.target_promises import set_chances, shown_promises
from karwan.notes import Note, note
from karwan.report.answer_tables import result_block
from karwan.report.blocks import Block, Figure, Missing
from karwan.report.charts.promised import draw_promised_chances
from karwan.report.wording import tell
from karwan.schema.results import result_table
from karwan.web.answers.page import Asking, Page
from karwan.web.answers.scenarios import sets_of
from karwan.words import say, sentences


def answer(asking: Asking) -> Page:
    """Chances by the better scored way of each side; a set that does not move the turnover says so. Its figures are those of `karwan trade target`."""
    sets, title = sets_of(asking), say(note("page.chances_title"))
    if not sets:
        return Page(title, "", {"tables": [Missing(title, say(note("page.chances_none")))]})
    asking.say("chance of the target as things stand")
    now = asking.project.target(as_of=asking.as_of)
    under = {say(note("page.set", mark=mark)): _under(asking, mark, names) for mark, names in sets.items()}
    found = set_chances(now, under)
    shown, said = shown_promises(found)
    blocks: list[Block] = [Missing(title, text) for text in _still(under)]
    picture = draw_promised_chances(shown, key="set-chances")
    if picture:
        caption, unit = say(note("page.chances_caption")), tell("brief_target.chances_unit")
        blocks.append(Figure("f-set-chances", title, caption, unit, picture))
        declared = result_table("target_promises")
        blocks.append(
            result_block(declared, "set-chances", say(note("page.chances_table")), shown, asking.notes)
        )
    return Page(
        title=title,
        lead=say(note("page.chances_lead")),
        parts={"tables": blocks},
        result=Result({"chances": found}),
        declared={"chances": "target_promises"},
        notes=sentences(said) if picture else (),
    )


def _under(asking: Asking, mark: str, names: Sequence[str]) -> Result:
    """Chances under one set, on top of what the page stands under."""
    asking.say(f"chance of the target under {mark}")
    held = [one.scenario_id for one in asking.project.case.scenarios]
    return asking.project.scenario(*held, *names).target(as_of=asking.as_of)


def _still(under: Mapping[str, Result]) -> list[str]:
    """Why a set leaves the chance where it was, as the command says it."""
    return [
        f"{name}: {text}"
        for name, result in under.items()
        for text in sentences([one for one in result.notes if isinstance(one, Note) and one.key in _UNMOVED])
    ]


_UNMOVED = ("target.unmoved", "target.nothing_compared")
