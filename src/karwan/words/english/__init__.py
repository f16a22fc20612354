"""English messages by key; one module a noun, put together here."""

from __future__ import annotations

from collections.abc import Mapping

from karwan.words.english.basket import BASKET
from karwan.words.english.brief import BRIEF
from karwan.words.english.compete import COMPETE
from karwan.words.english.corridors import CORRIDORS
from karwan.words.english.coupling import COUPLING
from karwan.words.english.criticality import CRITICALITY
from karwan.words.english.draft import DRAFT
from karwan.words.english.flows import FLOWS
from karwan.words.english.front import FRONT
from karwan.words.english.goods import GOODS
from karwan.words.english.gravity import GRAVITY
from karwan.words.english.network import NETWORK
from karwan.words.english.operators import OPERATORS
from karwan.words.english.page import PAGE
from karwan.words.english.plan import PLAN
from karwan.words.english.plural import Plural
from karwan.words.english.port import PORT
from karwan.words.english.potential import POTENTIAL
from karwan.words.english.regime import REGIME
from karwan.words.english.register import REGISTER
from karwan.words.english.route import ROUTE
from karwan.words.english.store import STORE
from karwan.words.english.target import TARGET
from karwan.words.english.venture import VENTURE
from karwan.words.english.world import WORLD

NOUNS: tuple[Mapping[str, str | Plural], ...] = (
    BASKET,
    BRIEF,
    COMPETE,
    CORRIDORS,
    COUPLING,
    CRITICALITY,
    DRAFT,
    FLOWS,
    FRONT,
    GOODS,
    GRAVITY,
    NETWORK,
    OPERATORS,
    PAGE,
    PLAN,
    PORT,
    POTENTIAL,
    REGIME,
    REGISTER,
    ROUTE,
    STORE,
    TARGET,
    VENTURE,
    WORLD,
)
MESSAGES: dict[str, str | Plural] = {key: text for noun in NOUNS for key, text in noun.items()}

__all__ = ["MESSAGES", "NOUNS", "Plural"]
