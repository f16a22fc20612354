"""Sections of the report: each turns one part of a brief into blocks, the same for HTML and PDF."""
