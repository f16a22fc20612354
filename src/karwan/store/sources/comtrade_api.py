"""UN Comtrade's web service, with and without a subscription key.

Provider: United Nations Statistics Division. Licence: UN Comtrade terms of use. Format: API v1 as documented
in November 2026: `/public/v1/preview/{type}/{frequency}/{classification}` without a key (500 records an
answer at most), `/data/v1/get/...` with one (250,000). An answer is `{"elapsedTime", "count", "data": [...],
"error"}`; the gateway answers `{"statusCode", "message"}` for a bad key (401), a spent quota (403) and calls
that come too fast (429, with `Retry-After`). The service has no pages: a request whose answer reaches the
limit is split (by period, flow, reporter, partner, product) until the parts fit.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import polars as pl

from karwan.errors import InvalidInput, KarwanError
from karwan.store.reading import Progress, Reading
from karwan.store.sources.comtrade_answer import (
    MAX_ANSWER_BYTES,
    HttpAnswer,
    ServiceError,
    TooLarge,
    checked_answer,
    get,
)
from karwan.store.sources.comtrade_csv import Framed
from karwan.store.sources.comtrade_layout import LICENCE, PROVIDER, layout_of
from karwan.store.sources.comtrade_parts import parts_of
from karwan.store.sources.countries import Countries
from karwan.store.sources.registry import Options, Source

BASE_URL = "https://comtradeapi.un.org"
PREVIEW_LIMIT = 500
KEYED_LIMIT = 250_000
MAX_TRIES = 6
NO_DATA = "the answer has no list `data`"
MAX_WAIT_S = 120.0
# Comtrade's own codes where they differ from M49.
OWN_CODES = {
    "FRA": "251",
    "IND": "699",
    "ITA": "380",
    "NOR": "579",
    "CHE": "757",
    "USA": "842",
    "TWN": "490",
    "WLD": "0",
}
SPLIT_ORDER = ("period", "flowCode", "reporterCode", "partnerCode", "cmdCode")
CHAPTERS = tuple(f"{number:02d}" for number in range(1, 100) if number != 77)


class BadKey(KarwanError, PermissionError):
    """The service refuses the key, or its quota is spent."""


class NoRecords(KarwanError, ValueError):
    """The service has no records for what was asked."""


class Truncated(KarwanError, ValueError):
    """An answer reached the service's limit and cannot be split any further."""


@dataclass(frozen=True)
class Request:
    """What to ask Comtrade for; codes as Comtrade writes them.

    Attributes
    ----------
    frequency
        `A` or `M`.
    classification
        `HS` (as reported), `H0` ... `H6`, `S1` ... `S4`.
    reporters, partners
        Comtrade country codes; no partners means all of them.
    periods
        `YYYY` or `YYYYMM`.
    products
        Codes, `TOTAL`, or `AG2`, `AG4`, `AG6` for all codes of a level; empty means all.
    flows
        `X`, `M`.
    """

    frequency: str
    classification: str
    reporters: tuple[str, ...]
    periods: tuple[str, ...]
    partners: tuple[str, ...] = ()
    products: tuple[str, ...] = ("TOTAL",)
    flows: tuple[str, ...] = ("X", "M")

    def parameters(self) -> dict[str, str]:
        """Query parameters of the first, unsplit, call."""
        lists = {
            "reporterCode": self.reporters,
            "period": self.periods,
            "partnerCode": self.partners,
            "cmdCode": self.products,
            "flowCode": self.flows,
        }
        fixed = {"partner2Code": "0", "customsCode": "C00", "motCode": "0", "includeDesc": "true"}
        return {**{name: ",".join(values) for name, values in lists.items() if values}, **fixed}


@dataclass
class Client:
    """A patient client: cache, rate limit, retries, splitting.

    Attributes
    ----------
    url
        Root of the service.
    key
        Subscription key; None asks the public preview.
    cache
        Folder of answers, by request; None keeps none. What is there is not asked again: an interrupted run
        resumes.
    pause_s
        Least time between two calls.
    timeout_s
        Longest time for one answer, to its last byte.
    deadline_s
        Longest time for all answers of a request, waits included.
    sleep, clock, stopwatch
        Waiting, the time for the pace and the time for the deadline; replaced in tests.
    """

    url: str = BASE_URL
    key: str | None = None
    cache: Path | None = None
    pause_s: float = 1.0
    timeout_s: float = 60.0
    deadline_s: float = 3600.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    stopwatch: Callable[[], float] = time.monotonic
    calls: int = 0
    cached: int = 0
    _last: float = field(default=-1e9, repr=False)
    _end: float = field(default=float("inf"), repr=False)

    @property
    def limit(self) -> int:
        """Most records one answer can have."""
        return KEYED_LIMIT if self.key else PREVIEW_LIMIT

    def fetch(self, request: Request) -> list[dict[str, Any]]:
        """Every record of a request.

        Raises
        ------
        BadKey, Truncated, ServiceError
            Never an empty list in place of an error.
        """
        stem = "data/v1/get" if self.key else "public/v1/preview"
        path = f"{stem}/C/{request.frequency}/{request.classification}"
        self._end = self.stopwatch() + self.deadline_s
        return list(self._records(path, request.parameters()))

    def _records(self, path: str, parameters: dict[str, str]) -> Iterator[dict[str, Any]]:
        parts = _split(parameters)
        try:
            answer = self._answer(path, parameters)
        except TooLarge:
            if parts is None:
                raise
        else:
            records = answer["data"]
            if len(records) < self.limit and answer["count"] <= len(records):
                yield from records
                return
            if parts is None:
                raise self._truncated(parameters, len(records))
        for part in parts:
            yield from self._records(path, part)

    def _truncated(self, parameters: Mapping[str, str], records: int) -> Truncated:
        return Truncated(
            f"Comtrade cut an answer at {records:,} records; the limit is {self.limit:,}.",
            evidence=", ".join(f"{name}={value}" for name, value in parameters.items()),
            fix="Ask for fewer partners or products"
            + ("" if self.key else ", or give a subscription key")
            + ".",
        )

    def _answer(self, path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        name = hashlib.sha256(json.dumps([self.url, path, sorted(parameters.items())]).encode()).hexdigest()
        file = None if self.cache is None else self.cache / f"{name}.json.gz"
        if file is not None and file.is_file():
            with contextlib.suppress(OSError, EOFError, ValueError, zlib.error, KarwanError):
                held = _kept(file)
                self.cached += 1
                return held
        answer = self._call(path, parameters)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            unfinished = file.with_suffix(f".{os.getpid()}.part")
            unfinished.write_bytes(gzip.compress(json.dumps(answer).encode()))
            unfinished.replace(file)
        return answer

    def _call(self, path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """One call with retries; every way to fail has its error."""
        url = f"{self.url.rstrip('/')}/{path}"
        headers = {"Ocp-Apim-Subscription-Key": self.key} if self.key else {}
        said = ""
        for attempt in range(MAX_TRIES):
            wait = min(MAX_WAIT_S, 2.0**attempt)
            self._keep_pace()
            try:
                answer = get(url, parameters, headers, min(self.timeout_s, self._left()))
            except httpx.HTTPError as error:
                said = f"{type(error).__name__}: {error}"
            else:
                outcome = _judge(answer)
                if isinstance(outcome, dict):
                    return outcome
                said, asked_wait = outcome
                wait = wait if asked_wait is None else asked_wait
                if wait > MAX_WAIT_S:
                    raise BadKey(
                        f"Comtrade asks to wait {wait:,.0f} s before the next call.",
                        evidence=said,
                        fix="Go on later: answers so far are in the cache.",
                    )
            if attempt < MAX_TRIES - 1:
                self._left(wait)
                self.sleep(wait)
        raise ServiceError(
            f"Comtrade did not answer properly in {MAX_TRIES} tries.",
            evidence=said,
            fix="Check the network, or go on later.",
        )

    def _left(self, wait: float = 0.0) -> float:
        """Seconds left after a wait; an error where there are none."""
        left = self._end - self.stopwatch() - wait
        if left <= 0:
            raise ServiceError(
                f"Comtrade did not give all answers in {self.deadline_s:g} s.",
                evidence=f"{self.calls:,} calls",
                fix="Go on with --set cache=FOLDER (answers there are not asked again), or set deadline_s higher.",
            )
        return left

    def _keep_pace(self) -> None:
        now = self.clock()
        if now - self._last < self.pause_s:
            self.sleep(self.pause_s - (now - self._last))
        self._last = self.clock()
        self.calls += 1


def _judge(answer: HttpAnswer) -> dict[str, Any] | tuple[str, float | None]:
    """The answer's document, or what went wrong and how long to wait; raises where trying again is no use."""
    message = _message(answer)
    if answer.status == 200:
        return _judge_document(answer)
    if answer.status == 429:
        return f"429: {message}", _retry_after(answer, message)
    if 400 <= answer.status < 500:
        raise _refusal(answer.status, message)
    return f"{answer.status}: {message}", None


def _refusal(status: int, message: str) -> BadKey | InvalidInput:
    """The error of a request that Comtrade will not answer however often it is asked."""
    if status == 403 and "quota" in message.lower():
        return BadKey("The quota of the subscription key is spent.", message, "Go on when it is replenished.")
    if status in (401, 403):
        return BadKey("Comtrade refuses the subscription key.", message, "Check the key and its product.")
    return InvalidInput(f"Comtrade refuses the request ({status}).", message, "Check the codes.")


def _judge_document(answer: HttpAnswer) -> dict[str, Any] | tuple[str, float | None]:
    """The document of an answer that came through, or what is wrong with it."""
    try:
        document = answer.json()
    except ValueError as error:
        return f"the answer is not JSON: {error}", None
    if not isinstance(document, dict):
        return NO_DATA, None
    if document.get("error"):
        raise InvalidInput(
            "Comtrade answers with an error.", evidence=str(document["error"])[:300], fix="Check the request."
        )
    if document.get("count") == 0 and document.get("data") is None:
        document["data"] = []
    if not isinstance(document.get("data"), list):
        return NO_DATA, None
    return checked_answer(document)


def _kept(file: Path) -> dict[str, Any]:
    """An answer of the cache; damaged ones raise, and are asked anew."""
    with gzip.open(file) as packed:
        body = packed.read(MAX_ANSWER_BYTES + 1)
    if len(body) > MAX_ANSWER_BYTES:
        raise ValueError("larger than an answer can be")
    document = json.loads(body)
    if not isinstance(document, dict) or not isinstance(document.get("data"), list):
        raise ValueError("no answer")
    return checked_answer(document)


def _message(answer: HttpAnswer) -> str:
    with contextlib.suppress(ValueError):
        document = answer.json()
        if isinstance(document, dict):
            nested = document.get("errorObject")
            found = nested.get("errorMessage") if isinstance(nested, dict) else None
            return str(found or document.get("message") or document.get("error") or "")[:300]
    return answer.body[:600].decode("utf-8", "replace")[:300]


def _retry_after(answer: HttpAnswer, message: str) -> float | None:
    header = {name.lower(): value for name, value in answer.headers.items()}.get("retry-after", "")
    if re.fullmatch(r"\d+(\.\d+)?", header):
        return float(header)
    found = re.search(r"try again in (\d+) second", message, re.IGNORECASE)
    return float(found[1]) if found else None


def _split(parameters: dict[str, str]) -> list[dict[str, str]] | None:
    """Two requests that together are this one, or None. All products of a level are asked by chapter."""
    for name in SPLIT_ORDER:
        values = parameters.get(name, "").split(",")
        if len(values) > 1:
            half = len(values) // 2
            return [{**parameters, name: ",".join(part)} for part in (values[:half], values[half:])]
    return None


def comtrade_code(text: str, countries: Countries) -> str:
    """Comtrade's code of a country given as alpha-3, name or code.

    Examples
    --------
    >>> from karwan.store.sources.countries import packaged_countries
    >>> [comtrade_code(text, packaged_countries()) for text in ("KAZ", "Pakistan", "USA", "all", "586")]
    ['398', '586', '842', 'all', '586']
    """
    plain = text.strip()
    if plain.isdigit() or plain.lower() == "all":
        return plain.lower()
    country, known = countries.resolve(plain, "name")
    if not known:
        raise InvalidInput(f"There is no country `{text}`.", fix="Give an ISO alpha-3 code such as KAZ.")
    if country in OWN_CODES:
        return OWN_CODES[country]
    return str(countries.number(country))


def request_from(service: Mapping[str, str], countries: Countries) -> Request:
    """Build a request from the settings a user gave."""

    def listed(name: str, default: str = "") -> tuple[str, ...]:
        return tuple(part.strip() for part in service.get(name, default).split(",") if part.strip())

    if not listed("reporters") or not listed("periods"):
        raise InvalidInput(
            "The source `comtrade` needs reporters and periods.",
            fix="Set --set reporters=KAZ,PAK --set periods=2022,2023.",
        )
    periods = listed("periods")
    bad = [period for period in periods if not re.fullmatch(r"\d{4}(\d{2})?", period)]
    if bad or len({len(period) for period in periods}) > 1:
        raise InvalidInput(
            f"periods are {', '.join(periods)}.", fix="Give years (2023) or months (202303), not both."
        )
    partners = tuple(comtrade_code(text, countries) for text in listed("partners"))
    return Request(
        frequency="A" if len(periods[0]) == 4 else "M",
        classification=service.get("classification", "HS"),
        reporters=tuple(comtrade_code(text, countries) for text in listed("reporters")),
        periods=periods,
        partners=() if partners == ("all",) else partners,
        products=listed("products", "TOTAL"),
        flows=listed("flows", "X,M"),
    )


KNOWN_SETTINGS = (
    "url",
    "key",
    "cache",
    "pause_s",
    "timeout_s",
    "deadline_s",
    "reporters",
    "partners",
    "periods",
    "products",
    "flows",
    "classification",
)


def read_comtrade_api(path: Path | None, options: Options) -> list[Reading]:
    """One reading of everything the request brings, or of an answer saved as a file; the network is used here, before the store is touched."""
    if path is not None:
        return [_saved_reading(path, options)]
    settings = options.service
    unknown = [name for name in settings if name not in KNOWN_SETTINGS]
    if unknown:
        raise InvalidInput(
            f"There is no setting {', '.join(unknown)}.", fix=f"Choose of {', '.join(KNOWN_SETTINGS)}."
        )
    client = Client(
        url=settings.get("url", BASE_URL),
        key=settings.get("key") or os.environ.get("COMTRADE_KEY"),
        cache=Path(settings["cache"]) if settings.get("cache") else None,
        pause_s=_seconds(settings, "pause_s", 1.0),
        timeout_s=_seconds(settings, "timeout_s", Client.timeout_s),
        deadline_s=_seconds(settings, "deadline_s", Client.deadline_s),
    )
    request = request_from(settings, options.countries)
    records = client.fetch(request)
    if not records:
        raise _no_records(request, settings)
    asked = f"{','.join(request.reporters)} {','.join(request.periods)} {','.join(request.products)}"
    return [reading_of_records(records, f"api: {asked}"[:120], options)]


def _saved_reading(path: Path, options: Options) -> Reading:
    """Reading of an answer that a browser or script saved, packed with gzip or not: the same rows as the service would bring."""
    answer = _judge_document(HttpAnswer(200, {}, _saved_bytes(path)))
    if isinstance(answer, tuple):
        raise InvalidInput(
            f"{path.name} is no answer of Comtrade's web service.",
            evidence=answer[0],
            fix='Save the answer as it came: {"count": ..., "data": [...]}. A CSV goes to the source comtrade-csv.',
        )
    records = answer["data"]
    if not records:
        raise NoRecords(
            f"{path.name} holds no records.", "its list `data` is empty", "Ask for another period."
        )
    if answer["count"] > len(records):
        raise Truncated(
            f"{path.name} is cut: {len(records):,} of {answer['count']:,} records.",
            evidence="its `count` is larger than its list `data`",
            fix="Ask for fewer periods, partners or products at a time, and save each answer.",
        )
    return reading_of_records(records, path.name, options)


def _saved_bytes(path: Path) -> bytes:
    """Bytes of a saved answer, unpacked, no more than an answer may have."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as stream:
            body = stream.read(MAX_ANSWER_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(f"{path.name} cannot be read.", str(error), "Fetch the file again.") from error
    if len(body) > MAX_ANSWER_BYTES:
        raise TooLarge(
            f"{path.name} holds more than {MAX_ANSWER_BYTES // 2**20} MiB.",
            fix="Ask for fewer periods, partners or products at a time, or load the CSV with comtrade-csv.",
        )
    return body


def _seconds(settings: Mapping[str, str], name: str, default: float) -> float:
    """A setting in seconds, 0 or more."""
    text = settings.get(name, str(default))
    if not re.fullmatch(r"\d{1,9}(\.\d+)?", text, re.ASCII):
        raise InvalidInput(f"--set {name}={text} is no number of seconds.", fix=f"Write {name}={default:g}.")
    return float(text)


def _no_records(request: Request, settings: Mapping[str, str]) -> NoRecords:
    """That the service has nothing, and what else to ask."""
    asked = [settings["reporters"], settings["periods"], ",".join(request.products) or "all products"]
    if request.partners:
        asked.append(f"partners {settings['partners']}")
    months = request.frequency == "M"
    return NoRecords(
        f"Comtrade has no records for {', '.join(asked)}.",
        evidence=f"flows {','.join(request.flows)}, {'months' if months else 'years'}, {request.classification}",
        fix="The period may not be reported yet: try an earlier one. Check the codes of products and partners, or "
        + ("ask for years (2023)." if months else "ask for months (202301)."),
    )


def reading_of_records(records: Sequence[Mapping[str, Any]], name: str, options: Options) -> Reading:
    """Reading of Comtrade records under a name; `line` is the number of the record in the answers, from 1."""
    texts = [json.dumps(record, sort_keys=True) for record in records]
    size = sum(map(len, texts))
    digest = hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()
    layout = layout_of(list(dict.fromkeys(name for record in records for name in record)), "The answer")
    count = len(records)
    columns = {
        name: pl.Series([_cell(record.get(name)) for record in records], dtype=pl.String)
        for name in layout.needed()
    }
    table = pl.DataFrame(
        {
            "line": pl.Series(range(1, count + 1), dtype=pl.Int64),
            "fault": pl.Series([None] * count, dtype=pl.String),
            "raw": pl.Series([text[:300] for text in texts], dtype=pl.String),
            **columns,
        }
    )
    parts = parts_of([table], layout)
    framed = Framed(layout, parts, options)

    def frames(progress: Progress) -> Iterator[pl.DataFrame]:
        yield from framed.frames(iter([table]))
        progress(size)

    return Reading(
        source="comtrade",
        file_name=name,
        content_bytes=size,
        content_hash=lambda: digest,
        frames=frames,
        options=framed.stamp(),
        repeats=parts.repeats,
        notes=framed.notes,
    )


def _cell(value: Any) -> str:
    return "" if value is None else str(value).encode("utf-8", "replace").decode()


COMTRADE_API = Source(
    name="comtrade",
    title="UN Comtrade web service (public preview, or with a subscription key)",
    provider=PROVIDER,
    licence=LICENCE,
    reads="FILE.json, an answer saved; or no file: --set reporters=KAZ --set periods=2023 [--set partners=PAK] [--set key=...]",
    read=read_comtrade_api,
    needs_path=False,
)
