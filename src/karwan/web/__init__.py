"""The page: every question in a browser. What serves it loads no engine; what answers runs in worker processes."""
