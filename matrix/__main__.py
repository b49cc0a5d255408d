"""`python -m matrix` is the console script `matrix`."""

from matrix.cli import main

if __name__ == "__main__":
    main()
