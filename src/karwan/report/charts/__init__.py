"""Charts of the report: one file each, tables in, one SVG element out, None where nothing is to draw."""
