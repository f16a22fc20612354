"""`python -m karwan` is the command line."""

from karwan.cli import main

main()
