"""Tables to networks, routes, hours and loads."""
