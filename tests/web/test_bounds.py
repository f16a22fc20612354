"""What the page refuses, the headers it sends, and that nothing of a request names a file of the machine. See docs/security.md."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.core.checks import run_checks

from karwan.web.conf import BODY, FIELDS, LOOPBACK, POLICY
from karwan.web.forms import AT_SERVER, asked_fields
from karwan.web.screens import SCREENS
from tests.web.conftest import Served

HOSTILE = "<script>alert(1)</script>"


def test_headers_of_every_kind_of_answer(web: Served) -> None:
    for address in ("corridor/observed", "corridor/observed.json", "nothing", "route?from=Nowhere"):
        answer = web.page(address)
        policy = answer.headers["content-security-policy"]
        for part in (
            "default-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ):
            assert part in policy, address
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in answer.headers


def test_page_has_no_script_or_style_of_its_own(web: Served) -> None:
    for address in ("", "route", "corridors", "scenarios?with=fast_yard"):
        text = web.page(address).text
        assert "<style" not in text and " style=" not in text and " onclick=" not in text
        assert text.count("<script") == text.count("<script src=")


def test_other_host_is_refused(web: Served) -> None:
    assert web.get(f"{web.site.root}corridor/observed", Host="evil.example").status_code == 400
    assert set(settings.ALLOWED_HOSTS) == set(LOOPBACK)


def test_debug_is_off_and_nothing_technical_is_shown(web: Served) -> None:
    assert settings.DEBUG is False
    answer = web.page("nothing")
    assert "Traceback" not in answer.text and "django" not in answer.text.lower()


def test_hostile_texts_are_escaped_where_they_are_shown(web: Served) -> None:
    for address in (
        f"route?from={HOSTILE}",
        f"sources?find={HOSTILE}",
        f"nothing/{HOSTILE}",
        f"corridor/compare?as_of={HOSTILE}",
    ):
        text = web.page(address).text
        assert HOSTILE not in text


def test_long_addresses_are_refused(web: Served) -> None:
    assert web.page("route?from=" + "x" * 9000).status_code == 414
    assert web.page("route?" + "&".join(f"a{k}=1" for k in range(200))).status_code == 414


def test_large_bodies_and_many_fields_are_bounded() -> None:
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == BODY == 2 << 20
    assert settings.DATA_UPLOAD_MAX_NUMBER_FIELDS == FIELDS == 200


def test_change_from_another_site_is_refused(web: Served) -> None:
    async def post(**headers: str) -> int:
        transport = httpx.ASGITransport(web.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return (await client.post(f"{web.site.root}route", headers=headers)).status_code

    assert asyncio.run(post(**{"Sec-Fetch-Site": "cross-site"})) == 403
    assert asyncio.run(post()) == 403  # and without a token


def test_no_page_asks_for_a_file_or_a_place_of_the_machine() -> None:
    for screen in SCREENS:
        if screen.analysis is not None:
            names = {one.name for one in asked_fields(screen.analysis.request)}
            assert not names & {
                *AT_SERVER,
                "table",
                "panel",
                "rivals",
                "demand",
                "out",
                "folder",
                "maps",
                "register",
                "file",
            }


@pytest.mark.parametrize("name", ["../../etc/passwd", "%2e%2e/secret", "/etc/passwd", "x.yaml", "a b"])
def test_scenario_is_an_id_never_a_file(web: Served, name: str, tmp_path: Path) -> None:
    """What is no id is dropped, so that no path reaches the reader of scenario files."""
    answer = web.page(f"corridor/observed?scenario={name}")
    assert answer.status_code == 200
    assert web.page("corridor/observed?scenario=no_such").status_code == 404


def test_static_names_are_those_of_the_list(web: Served) -> None:
    for name in ("../conf.py", "..%2fconf.py", "page.js", "karwan.css/../conf.py"):
        assert web.get(f"/static/{name}").status_code == 404


def test_api_says_what_may_be_asked_and_equals_the_page(web: Served) -> None:
    document = web.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert {"/route", "/corridor/compare", "/trade/target"} <= set(document["paths"])
    assert web.get("/api/v1/corridor/observed").content == web.page("corridor/observed.json").content
    assert web.get("/api/v1/nothing").json()["ok"] is False


def test_what_django_would_warn_of_in_deployment_is_known_and_answered(web: Served) -> None:
    """W002: frames are refused by the policy (`frame-ancestors`); W004, W008, W016: on the loopback address there is no TLS."""
    found = {message.id for message in run_checks(include_deployment_checks=True)}
    assert found == {"security.W002", "security.W004", "security.W008", "security.W016"}
    assert "frame-ancestors" in str(POLICY)
