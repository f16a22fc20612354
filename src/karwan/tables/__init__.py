"""Tables of a case: reading, checking, templates."""

from karwan.tables.case import Case, embedded_cases, inspect_case, read_case
from karwan.tables.problems import CaseProblems, Problem, problems_table
from karwan.tables.settings import CaseSettings
from karwan.tables.template import write_template

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
