"""`python -m musicgan` is the `musicgan` command."""

from musicgan.cli import main

if __name__ == "__main__":
    main(prog_name="musicgan")
