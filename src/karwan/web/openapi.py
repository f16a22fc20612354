"""The API described: an OpenAPI 3.1 document from the table of screens and the requests they ask. Loads no engine."""

from __future__ import annotations

import inspect
from typing import Any

from karwan._version import __version__
from karwan.web.forms import Control, controls
from karwan.web.screens import SCREENS, Screen

ROOT = "/api/v1"
_KINDS: dict[str, dict[str, Any]] = {
    "number": {"type": "number"},
    "check": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "text": {"type": "string"},
}
_ERROR = {"$ref": "#/components/schemas/Error"}


def answered_screens() -> list[Screen]:
    """Screens whose result a program can ask: those of an analysis, each once."""
    found: dict[str, Screen] = {}
    for screen in SCREENS:
        if screen.analysis is not None and "{" not in screen.address:
            found.setdefault(screen.asks, screen)
    return list(found.values())


def document(title: str) -> dict[str, Any]:
    """The document; every operation is a GET whose answer equals the command's JSON."""
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Karwan: {title}", "version": __version__},
        "servers": [{"url": ROOT}],
        "paths": {
            f"/{screen.asks.replace(' ', '/')}": {"get": _operation(screen)} for screen in answered_screens()
        },
        "components": {"schemas": {"Error": _error_schema()}},
    }


def _operation(screen: Screen) -> dict[str, Any]:
    analysis = screen.analysis
    assert analysis is not None
    text = inspect.getdoc(analysis.request) or ""
    asked = [_parameter(one) for one in controls(analysis.request, {}, {})]
    common = [
        {
            "name": "scenario",
            "in": "query",
            "schema": {"type": "array", "items": {"type": "string"}},
            "description": "Scenarios, in order.",
        }
    ]
    failed = {
        status: {"description": why, "content": {"application/json": {"schema": _ERROR}}}
        for status, why in (
            ("404", "A name is not known."),
            ("422", "A value is not allowed."),
            ("503", "It cannot be computed now."),
        )
    }
    return {
        "operationId": screen.asks.replace(" ", "_"),
        "summary": text.split("\n")[0],
        "description": text,
        "parameters": [*asked, *common],
        "responses": {
            "200": {"description": f"As `karwan {screen.asks} --json`.", "content": {"application/json": {}}},
            **failed,
        },
    }


def _parameter(one: Control) -> dict[str, Any]:
    schema = dict(_KINDS[one.kind])
    if one.least:
        schema["minimum"] = float(one.least)
    if one.most:
        schema["maximum"] = float(one.most)
    return {"name": one.name, "in": "query", "description": one.help, "schema": schema}


def _error_schema() -> dict[str, Any]:
    text = {"type": "string"}
    said = {"type": "object", "properties": {"fact": text, "evidence": text, "fix": text}}
    return {
        "type": "object",
        "required": ["ok", "error", "errors", "status"],
        "properties": {
            "ok": {"const": False},
            "error": text,
            "errors": {"type": "array", "items": said},
            "status": {"type": "integer"},
        },
    }
