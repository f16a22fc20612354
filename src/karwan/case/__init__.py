"""Tables of a case: reading, checking, templates."""

from karwan.case.case import Case, embedded_cases, inspect_case, read_case
from karwan.case.problems import CaseProblems, Problem, problems_table
from karwan.case.settings import CaseSettings
from karwan.case.template import write_template

__all__ = [
    "Case",
    "CaseProblems",
    "CaseSettings",
    "Problem",
    "embedded_cases",
    "inspect_case",
    "problems_table",
    "read_case",
    "write_template",
]
