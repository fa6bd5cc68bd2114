"""`python -m warehouse.cli`: the same as the command `firsthand`."""

from warehouse.cli import main

main(prog_name="firsthand")
