"""HS codes by words."""

from __future__ import annotations

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.trade_requests import NamesRequest
from karwan.errors import UnknownName
from karwan.schema.frames import result_frame
from karwan.store.product_names import codes_of_words, hs_names


def answer_names(inputs: Inputs, request: NamesRequest) -> Result:
    """Codes whose name has every word, or that begin with the digits given, with what is under them.

    Raises
    ------
    UnknownName
        There is no such code.
    """
    names = hs_names()
    text = " ".join(request.words)
    plain = text.replace(".", "").replace(" ", "")
    if plain.isdigit():
        wide: tuple[str, ...] = (plain,)
    else:
        wide = codes_of_words(text, names)
    codes = sorted(code for code in names if code.startswith(wide))
    if not codes:
        raise UnknownName(f"No HS 2022 code begins with {plain}.", "", "name fewer digits, or words.")
    rows = [{"product": code, "product_level": len(code), "name": names[code]} for code in codes]
    return Result({"codes": result_frame("product_names", rows)})
