"""Charts of the report: one file each, tables in, one SVG element out (None when there is nothing to draw)."""
