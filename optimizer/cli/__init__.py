"""The command line: arguments, progress and exit codes. The only place that prints."""

from optimizer.cli.main import main

__all__ = ["main"]
