"""A local stand-in for UN Comtrade's service: the documented format, errors and throttling included."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, str], bytes]


def record(**changes: Any) -> dict[str, Any]:
    """One record with every field the service gives."""
    base = {
        "typeCode": "C",
        "freqCode": "A",
        "refPeriodId": 20220101,
        "refYear": 2022,
        "refMonth": 52,
        "period": "2022",
        "reporterCode": 398,
        "reporterISO": "KAZ",
        "reporterDesc": "Kazakhstan",
        "flowCode": "X",
        "flowDesc": "Export",
        "partnerCode": 586,
        "partnerISO": "PAK",
        "partnerDesc": "Pakistan",
        "partner2Code": 0,
        "partner2ISO": "W00",
        "partner2Desc": "World",
        "classificationCode": "H6",
        "classificationSearchCode": "HS",
        "isOriginalClassification": True,
        "cmdCode": "071340",
        "cmdDesc": "Lentils",
        "aggrLevel": 6,
        "isLeaf": True,
        "customsCode": "C00",
        "customsDesc": "TOTAL CPC",
        "mosCode": "0",
        "motCode": 0,
        "motDesc": "TOTAL MOT",
        "qtyUnitCode": 8,
        "qtyUnitAbbr": "kg",
        "qty": 20000.0,
        "isQtyEstimated": False,
        "altQtyUnitCode": -1,
        "altQtyUnitAbbr": "N/A",
        "altQty": 0.0,
        "isAltQtyEstimated": False,
        "netWgt": 20000.0,
        "isNetWgtEstimated": True,
        "grossWgt": 0.0,
        "isGrossWgtEstimated": False,
        "cifvalue": None,
        "fobvalue": 12500.125,
        "primaryValue": 12500.125,
        "legacyEstimationFlag": 4,
        "isReported": False,
        "isAggregate": True,
    }
    return {**base, **changes}


def answer(records: list[dict[str, Any]], status: int = 200, **more: Any) -> Answer:
    """The service's envelope."""
    document = {"elapsedTime": "0.04 secs", "count": len(records), "data": records, "error": "", **more}
    return status, {"Content-Type": "application/json"}, json.dumps(document).encode()


def gateway(status: int, message: str, **headers: str) -> Answer:
    """What the gateway before the service says."""
    return status, headers, json.dumps({"statusCode": status, "message": message}).encode()


@contextmanager
def serving(script: Callable[[str, dict[str, str], dict[str, str]], Answer | None]) -> Iterator[str]:
    """Serve answers on 127.0.0.1; the script gets path, parameters and headers; None drops the connection."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
            said = script(parts.path, parameters, dict(self.headers))
            if said is None:
                self.close_connection = True
                self.connection.close()
                return
            status, headers, body = said
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *rest: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *rest: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
