"""`python -m datagen`: the command line."""

from datagen.cli import main

main()
