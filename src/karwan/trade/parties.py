"""The two parties of a case, and the directions of their trade: the one place that says which end is which."""

from __future__ import annotations

from dataclasses import dataclass

A_TO_B, B_TO_A = "a_to_b", "b_to_a"
DIRECTIONS = (A_TO_B, B_TO_A)
TOTAL = "total"  # both directions together


@dataclass(frozen=True)
class Parties:
    """The two countries of a case and how their directions are called.

    Attributes
    ----------
    code_a, code_b
        ISO 3166-1 alpha-3 codes; A_TO_B is what the first exports to the second.
    name_a, name_b
        Short English names.

    Examples
    --------
    >>> parties = Parties("KAZ", "PAK", "Kazakhstan", "Pakistan")
    >>> parties.ends(B_TO_A), parties.direction_of("PAK"), parties.label(B_TO_A)
    (('PAK', 'KAZ'), 'b_to_a', 'Pakistan to Kazakhstan')
    """

    code_a: str
    code_b: str
    name_a: str
    name_b: str

    @property
    def codes(self) -> tuple[str, str]:
        """Codes of the first and the second party."""
        return self.code_a, self.code_b

    @property
    def names(self) -> dict[str, str]:
        """Code to name."""
        return {self.code_a: self.name_a, self.code_b: self.name_b}

    @property
    def labels(self) -> dict[str, str]:
        """Words for each direction and for both together, by key."""
        return {way: self.label(way) for way in (*DIRECTIONS, TOTAL)}

    def ends(self, direction: str) -> tuple[str, str]:
        """Codes of exporter and importer of a direction; ValueError for none of the two."""
        if direction not in DIRECTIONS:
            raise ValueError(f"{direction!r} is no direction; allowed: {', '.join(DIRECTIONS)}")
        return self.codes if direction == A_TO_B else (self.code_b, self.code_a)

    def direction_of(self, exporter: str) -> str:
        """Direction in which a party exports; ValueError for another country."""
        if exporter not in self.codes:
            raise ValueError(f"{exporter!r} is no party; the parties are {' and '.join(self.codes)}")
        return A_TO_B if exporter == self.code_a else B_TO_A

    def other(self, code: str) -> str:
        """Code of the party a party trades with; ValueError for another country."""
        return self.ends(self.direction_of(code))[1]

    def label(self, direction: str) -> str:
        """Words for a direction: 'Kazakhstan to Pakistan', or 'both ways'."""
        if direction not in DIRECTIONS:
            return "both ways"
        exporter, importer = self.ends(direction)
        return f"{self.name(exporter)} to {self.name(importer)}"

    def name(self, code: str) -> str:
        """Name of a party by its code; of any other country its code."""
        return self.names.get(code, code)


def other_way(direction: str) -> str:
    """The direction against a direction."""
    return B_TO_A if direction == A_TO_B else A_TO_B
