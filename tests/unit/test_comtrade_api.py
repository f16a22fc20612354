"""The Comtrade reader against a local server in the documented format, errors and throttling included."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from karwan.errors import InvalidInput, KarwanError
from karwan.store import ingest, open_store
from karwan.store.reading import no_progress
from karwan.store.sources import Options, source_named
from karwan.store.sources.comtrade_answer import ServiceError, TooLarge
from karwan.store.sources.comtrade_api import (
    BadKey,
    Client,
    NoRecords,
    Request,
    Truncated,
    reading_of_records,
    request_from,
)
from karwan.store.sources.countries import packaged_countries
from tests.unit.comtrade_server import Answer, answer, gateway, record, serving

REQUEST = Request(
    frequency="A", classification="HS", reporters=("398", "586"), periods=("2021", "2022"), partners=("586",)
)


class Script:
    """Answers in turn; remembers what was asked."""

    def __init__(self, *answers: Answer | Callable[[dict[str, str]], Answer] | None) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []

    def __call__(self, path: str, parameters: dict[str, str], headers: dict[str, str]) -> Answer | None:
        self.asked.append((path, parameters, headers))
        turn = self.answers[min(len(self.asked), len(self.answers)) - 1]
        return turn(parameters) if callable(turn) else turn


def client(url: str, slept: list[float] | None = None, **settings: object) -> Client:
    return Client(
        url=url, pause_s=0.0, timeout_s=5.0, sleep=(slept if slept is not None else []).append, **settings
    )  # type: ignore[arg-type]


def test_service_without_key_uses_the_preview() -> None:
    script = Script(answer([record()]))
    with serving(script) as url:
        records = client(url).fetch(REQUEST)
    path, parameters, headers = script.asked[0]
    assert path == "/public/v1/preview/C/A/HS"
    assert parameters["reporterCode"] == "398,586"
    assert parameters["period"] == "2021,2022"
    assert parameters["flowCode"] == "X,M"
    assert "Ocp-Apim-Subscription-Key" not in headers
    assert records[0]["primaryValue"] == 12_500.125


def test_service_with_key_sends_it_in_the_header_only() -> None:
    script = Script(answer([record()]))
    with serving(script) as url:
        client(url, key="secret").fetch(REQUEST)
    path, parameters, headers = script.asked[0]
    assert path == "/data/v1/get/C/A/HS"
    assert headers["Ocp-Apim-Subscription-Key"] == "secret"
    assert "secret" not in str(parameters)


def test_throttling_waits_as_long_as_asked() -> None:
    slept: list[float] = []
    script = Script(
        gateway(429, "Rate limit is exceeded. Try again in 2 seconds.", Retry_After="3"),
        gateway(429, "Rate limit is exceeded. Try again in 2 seconds."),
        answer([record()]),
    )
    with serving(script) as url:
        assert len(client(url, slept).fetch(REQUEST)) == 1
    assert slept == [3.0, 2.0]


def test_errors_of_the_moment_are_tried_again() -> None:
    slept: list[float] = []
    cut = (200, {"Content-Length": "5000"}, b'{"data": [')
    script = Script((500, {}, b"oops"), (200, {}, b"<html>"), None, cut, (200, {}, b"[]"), answer([record()]))
    with serving(script) as url:
        assert len(client(url, slept).fetch(REQUEST)) == 1
    assert slept == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_errors_that_stay_are_explicit() -> None:
    with serving(Script((503, {}, b"down"))) as url, pytest.raises(ServiceError, match="503: down"):
        client(url).fetch(REQUEST)
    with pytest.raises(ServiceError, match="ConnectError"):
        client("http://127.0.0.1:9").fetch(REQUEST)
    for said, error, text in [
        (gateway(401, "Access denied due to invalid subscription key."), BadKey, "invalid subscription key"),
        (gateway(403, "Out of call volume quota. Quota will be replenished in 05:12:00."), BadKey, "quota"),
        (gateway(429, "Quota", Retry_After="5000"), BadKey, "5,000 s"),
        (gateway(400, "Invalid reporterCode"), InvalidInput, "Invalid reporterCode"),
        (answer([], error="too many codes"), InvalidInput, "too many codes"),
    ]:
        with serving(Script(said)) as url, pytest.raises(error, match=text):
            client(url, key="k").fetch(REQUEST)


def test_full_answers_are_split_until_they_fit() -> None:
    def by_request(parameters: dict[str, str]) -> Answer:
        parts = [
            record(period=period, flowCode=flow, reporterCode=int(code))
            for period in parameters["period"].split(",")
            for flow in parameters["flowCode"].split(",")
            for code in parameters["reporterCode"].split(",")
        ]
        return answer((parts * 200)[:500])

    script = Script(by_request)
    with serving(script) as url:
        records = client(url).fetch(REQUEST)
    asked = {(p["period"], p["flowCode"], p["reporterCode"]) for _, p, _ in script.asked}
    assert ("2021,2022", "X,M", "398,586") in asked
    assert (
        len(records) == 8 * 200 // 1
        or len({(r["period"], r["flowCode"], r["reporterCode"]) for r in records}) == 8
    )
    with (
        serving(Script(answer([record()] * 500))) as url,
        pytest.raises(Truncated, match="cut an answer at 500"),
    ):
        client(url).fetch(REQUEST)


def test_a_count_above_the_records_means_truncated() -> None:
    single = replace(REQUEST, reporters=("398",), periods=("2022",), flows=("X",))
    with serving(Script(answer([record()], count=7))) as url, pytest.raises(Truncated):
        client(url).fetch(single)


def test_cache_answers_and_resumes(tmp_path: Path) -> None:
    many = replace(REQUEST, reporters=("398",), flows=("X",))
    broken = Script(answer([record()] * 500), answer([record(period="2021")]), *[(500, {}, b"")] * 6)
    with serving(broken) as url:
        with pytest.raises(ServiceError):
            client(url, cache=tmp_path).fetch(many)
        assert len(list(tmp_path.glob("*.json.gz"))) == 2
        broken.answers[:] = [answer([record()])]
        resumed = client(url, cache=tmp_path)
        assert [entry["period"] for entry in resumed.fetch(many)] == ["2021", "2022"]
        assert (resumed.calls, resumed.cached) == (1, 2)
        again = client(url, cache=tmp_path, key=None)
        again.fetch(many)
        assert (again.calls, again.cached) == (0, 3)
    assert not list(tmp_path.glob("*.part"))


def test_pace_is_kept() -> None:
    slept: list[float] = []
    now = iter([0.0, 0.0, 0.25, 1.0])
    with serving(Script(answer([record()]))) as url:
        steady = Client(url=url, pause_s=1.0, sleep=slept.append, clock=lambda: next(now))
        steady.fetch(REQUEST)
        steady.fetch(REQUEST)
    assert slept == [0.75]


def test_service_to_store(tmp_path: Path) -> None:
    with serving(Script(answer([record(), record(flowCode="M", primaryValue=9)]))) as url:
        service = {
            "url": url,
            "reporters": "KAZ",
            "partners": "PAK",
            "periods": "2022",
            "cache": str(tmp_path / "c"),
            "pause_s": "0",
        }
        with open_store(tmp_path / "s.duckdb", create=True) as store:
            first = ingest(store, source_named("comtrade").read(None, Options(service=service)))[0]
            second = ingest(store, source_named("comtrade").read(None, Options(service=service)))[0]
            flows = store.table(store.flows()).sort("value_usd")
    assert (first.rows, second.status) == (2, "unchanged")
    assert flows.select("exporter", "importer", "value_usd", "valuation", "source").rows() == [
        ("PAK", "KAZ", 9.0, "cif", "comtrade"),
        ("KAZ", "PAK", 12_500.125, "fob", "comtrade"),
    ]


def test_requests_are_checked_before_asking() -> None:
    countries = packaged_countries()
    request = request_from(
        {"reporters": "KAZ,Pakistan", "periods": "202301,202302", "partners": "all"}, countries
    )
    assert (request.frequency, request.reporters, request.partners) == ("M", ("398", "586"), ())
    with pytest.raises(InvalidInput, match="needs reporters and periods"):
        request_from({"reporters": "KAZ"}, countries)
    with pytest.raises(InvalidInput, match="not both"):
        request_from({"reporters": "KAZ", "periods": "2022,202301"}, countries)
    with pytest.raises(InvalidInput, match="no country `Atlantis`"):
        request_from({"reporters": "Atlantis", "periods": "2022"}, countries)
    with pytest.raises(InvalidInput, match="no setting colour"):
        source_named("comtrade").read(None, Options(service={"colour": "1"}))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"count":"abc","data":[]}', '`count` is "abc"'),
        (b'{"count":1,"data":["x"]}', 'entry 1 of `data` is "x"'),
        (b'{"count":1e400,"data":[]}', "`count` is Infinity"),
        (b'{"count":true,"data":[]}', "`count` is true"),
        (b'{"count":1,"data":[null]}', "entry 1 of `data` is null"),
    ],
)
def test_answers_outside_the_format_are_errors_at_once(body: bytes, told: str) -> None:
    script = Script((200, {}, body))
    with serving(script) as url, pytest.raises(ServiceError) as caught:
        client(url).fetch(REQUEST)
    assert told in str(caught.value)
    assert len(script.asked) == 1


def test_nested_and_odd_texts_are_no_crash() -> None:
    slept: list[float] = []
    script = Script((200, {}, b"[" * 200_000), answer([record(partnerDesc="\ud800")]))
    with serving(script) as url:
        found = client(url, slept).fetch(REQUEST)
    assert slept == [1.0]
    reading = reading_of_records(found, "api: 398", Options())
    assert pl.concat(list(reading.frames(no_progress)))["importer"].to_list() == ["PAK"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_answer_saved_as_a_file_gives_the_rows_of_the_service(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    script = Script(answer([record()]))
    with serving(script) as url:
        service = {"url": url, "reporters": "KAZ", "periods": "2023", "products": "1001", "pause_s": "0"}
        (asked,) = source_named("comtrade").read(None, Options(service=service))
    file = tmp_path / "answer.json"
    file.write_bytes(pack(answer([record()])[2]))
    (saved,) = source_named("comtrade").read(file, Options())
    one, other = (pl.concat(list(reading.frames(no_progress))) for reading in (asked, saved))
    assert one.height == 1
    assert one.equals(other)
    assert saved.content_hash() == asked.content_hash()
    assert saved.file_name == "answer.json"


@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        (b"reporterCode,period\n398,2023\n", InvalidInput, "no answer of Comtrade's web service"),
        (b'{"data": 3}', InvalidInput, "no answer of Comtrade's web service"),
        (b'{"count": 0, "data": [], "error": ""}', NoRecords, "holds no records"),
        (b'{"count": 9, "data": [{}], "error": ""}', Truncated, "is cut: 1 of 9 records"),
        (b'{"count": 1, "data": [3]}', ServiceError, "not in its format"),
        (b"\x1f\x8b\x08cut", InvalidInput, "cannot be read"),
    ],
)
def test_a_file_that_is_no_whole_answer_says_so(
    tmp_path: Path, body: bytes, error: type[KarwanError], said: str
) -> None:
    (tmp_path / "x.json").write_bytes(body)
    with pytest.raises(error, match=said):
        source_named("comtrade").read(tmp_path / "x.json", Options())


@pytest.mark.parametrize("data", [[], None])
def test_no_records_say_so_and_what_to_change(data: list[object] | None) -> None:
    script = Script((200, {}, json.dumps({"count": 0, "data": data, "error": ""}).encode()))
    with serving(script) as url:
        service = {"url": url, "reporters": "KAZ", "periods": "2023", "products": "1001", "pause_s": "0"}
        with pytest.raises(NoRecords) as caught:
            source_named("comtrade").read(None, Options(service=service))
    assert caught.value.fact == "Comtrade has no records for KAZ, 2023, 1001."
    assert "months (202301)" in caught.value.fix


def test_a_packed_answer_is_unpacked_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("karwan.store.sources.comtrade_answer.MAX_ANSWER_BYTES", 100_000)
    packed = {"Content-Encoding": "gzip"}
    bomb = gzip.compress(b" " * 10_000_000)
    whole = gzip.compress(answer([record()])[2])
    with serving(Script((200, packed, whole))) as url:
        assert len(client(url).fetch(REQUEST)) == 1
    script = Script((200, packed, bomb))
    with serving(script) as url, pytest.raises(TooLarge, match="larger than"):
        client(url).fetch(REQUEST)
    assert len(script.asked) == 4  # all, then by period, flow and reporter: each part is too large
    with serving(Script((200, packed, whole[:-9]), answer([record()]))) as url:
        assert len(client(url).fetch(REQUEST)) == 1


def test_a_trickle_ends_at_the_time_limit() -> None:
    """A byte every tenth of a second keeps a limit per read from ever striking."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                while True:
                    connection.sendall(b" ")
                    time.sleep(0.1)

        threading.Thread(target=drip, daemon=True).start()
        started = time.monotonic()
        asking = Client(url=f"http://127.0.0.1:{listener.getsockname()[1]}", pause_s=0.0, timeout_s=0.5)
        with pytest.raises(ServiceError, match=r"did not finish its answer in 0\.5 s"):
            asking.fetch(REQUEST)
    assert time.monotonic() - started < 10.0


def test_all_answers_have_one_deadline() -> None:
    clock = iter(range(0, 10_000, 50))
    asking = Client(pause_s=0.0, deadline_s=200.0, sleep=[].append, stopwatch=lambda: float(next(clock)))
    with (
        serving(Script((500, {}, b"oops"))) as url,
        pytest.raises(ServiceError, match="all answers in 200 s"),
    ):
        replace(asking, url=url).fetch(REQUEST)


def test_seconds_are_checked() -> None:
    service = {"reporters": "KAZ", "periods": "2023", "timeout_s": "soon"}
    with pytest.raises(InvalidInput, match="timeout_s=soon is no number of seconds"):
        source_named("comtrade").read(None, Options(service=service))
