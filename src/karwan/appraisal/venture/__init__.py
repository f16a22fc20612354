"""Appraisal of a venture: cash, economics, who gains, switching values, draws and waiting. Arrays in, arrays out; knows no table."""
