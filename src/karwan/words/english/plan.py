"""Documents of the plan and what can be watched, in words."""

from __future__ import annotations

from karwan.words.english.plural import Plural

PLAN: dict[str, str | Plural] = {
    "plan.documents": Plural(
        "documents",
        "{documents} document or step: {signed} signed, {force} in force, {missing} whose entry into force was looked for and not found; what "
        "followed is told of {followed}, {owing} with promises not known to be done.",
        "{documents} documents and steps: {signed} signed, {force} in force, {missing} whose entry into force was looked for and not found; what "
        "followed is told of {followed}, {owing} with promises not known to be done.",
    ),
    "plan.valued": "Valued is the trade of {flows_year}, {flows_usd} both ways{aim}.",
    "plan.valued_beside": (
        "Valued is the trade of {flows_year}, {flows_usd} both ways: the newest full year with each direction apart. Trade of {newest_year} was {newest_usd} "
        "in all{aim}."
    ),
    "plan.target_times": ", of which the target is {times} times",
    "plan.none": "No promise, milestone or venture is in the case {case}: fill commitments.csv, milestones.csv and domains.csv.",
    "plan.no_documents": "No document of {milestone} is typed in `agreements.csv`.",
    "plan.indicators": "{promises} promises; of {bare} nothing is published that would show them to be kept.",
    "plan.milestone_lead": "Each document signed or announced: in force or not, what followed, what is owed on {day}.",
    "plan.documents_table": "Documents signed or announced, and later steps",
    "plan.indicators_table": "What can be watched: each promise with its observed quantity, or none published",
    "plan.milestone_table": "Documents",
}
