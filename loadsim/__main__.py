"""``python -m loadsim``: the command line, by the interpreter at hand."""

from loadsim.cli.main import main

if __name__ == "__main__":
    main()
