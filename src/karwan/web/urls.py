"""Addresses: one for every row of the table of screens, with its files."""

from __future__ import annotations

import re

from django.urls import URLPattern, path, re_path

from karwan.web import register_views, views
from karwan.web.screens import FORMS, SCREENS, Screen

_ENDINGS = "|".join(FORMS)


def _pattern(screen: Screen) -> str:
    parts = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[A-Za-z0-9_-]{1,60})", re.escape(screen.address))
    return rf"^en/(?P<case>[a-z0-9-]+)/{parts}"


urlpatterns: list[URLPattern] = [
    path("", views.home),
    path("static/<path:name>", views.static),
    path("picture/<str:tag>/<str:name>", views.picture),
    path("healthz", views.healthz),
    path("api/v1", views.openapi),
    path("api/v1/openapi.json", views.openapi),
    re_path(r"^en/(?P<case>[a-z0-9-]+)/plan/files/(?P<digest>[0-9a-f]{64})$", register_views.evidence),
    re_path(r"^api/v1/(?P<name>[a-z/]{1,60})$", views.api),
]
for _screen in SCREENS:
    _start = _pattern(_screen)
    _end = "/?$" if _screen.address else "$"
    _view = register_views.either if _screen.posts else views.page
    urlpatterns.append(re_path(rf"{_start}{_end}", _view, {"screen": _screen}))
    _file = _start if _screen.address else f"{_start}brief"
    urlpatterns.append(re_path(rf"{_file}\.(?P<form>{_ENDINGS})$", views.download, {"screen": _screen}))
handler400 = register_views.not_read
handler404 = views.not_found
handler500 = views.failed
