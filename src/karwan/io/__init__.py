"""Readers, writers, stores and sources."""
