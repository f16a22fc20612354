"""Settings of the framework, made by one function from a few choices: no settings file, no database, no debug."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import django
from django.conf import settings

HERE = Path(__file__).parent
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
POLICY = {
    "default-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
    "form-action": ["'self'"],
}
BODY = 2 << 20
FIELDS = 200


def make_settings(hosts: Sequence[str] = LOOPBACK) -> dict[str, Any]:
    """Settings for the hosts that may be named in a request."""
    return {
        "DEBUG": False,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": list(hosts),
        "ROOT_URLCONF": "karwan.web.urls",
        "INSTALLED_APPS": ["django_htmx"],
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "karwan.web.guard.Guard",
            "csp.middleware.CSPMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django_htmx.middleware.HtmxMiddleware",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.jinja2.Jinja2",
                "DIRS": [HERE / "templates"],
                "OPTIONS": {"environment": "karwan.web.templating.environment"},
            }
        ],
        "CONTENT_SECURITY_POLICY": {"DIRECTIVES": POLICY},
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_FAILURE_VIEW": "karwan.web.register_views.no_token",
        "CSRF_COOKIE_SAMESITE": "Lax",
        "DATA_UPLOAD_MAX_MEMORY_SIZE": BODY,
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": FIELDS,
        "USE_TZ": True,
        "USE_I18N": False,
        "LOGGING_CONFIG": None,
        "APPEND_SLASH": False,
    }


def configure(hosts: Sequence[str] = LOOPBACK) -> None:
    """Set the framework up, once a process."""
    if not settings.configured:
        settings.configure(**make_settings(hosts))
        django.setup()
