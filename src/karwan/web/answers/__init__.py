"""What workers answer the page: one module a screen. Nothing here is loaded by the process that serves."""
