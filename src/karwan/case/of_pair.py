"""The case of two countries: the one named, or the embedded one."""

from __future__ import annotations

from karwan.case.case import Case, embedded_cases, inspect_case, read_case
from karwan.errors import InvalidInput


def case_of_pair(party_a: str, party_b: str, named: str | None = None) -> Case | None:
    """The named case, which must be of the two, or the embedded case of the two; None where there is none.

    An embedded case that cannot be read is no hindrance to another.

    Raises
    ------
    InvalidInput
        The named case is about other countries.
    """
    wanted = {party_a, party_b}
    if named is not None:
        case = read_case(named)
        parties = (case.settings.party_a, case.settings.party_b)
        if set(parties) != wanted:
            raise InvalidInput(
                f"The case {named} is about {parties[0]} and {parties[1]}.",
                f"asked for {party_a} and {party_b}",
                "name its two countries.",
            )
        return case
    for name in embedded_cases():
        found, _ = inspect_case(name)
        if found is not None and {found.settings.party_a, found.settings.party_b} == wanted:
            return read_case(name)
    return None
