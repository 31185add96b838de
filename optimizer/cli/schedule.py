"""`optimizer schedule`: files that make a scheduler replan."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from optimizer.errors import Exit, OutputError, UsageError
from optimizer.files import write_text
from optimizer.schedule import Cluster, Every, Job, Manifest, airflow, cron, kubernetes, systemd
from optimizer.store.address import address
from optimizer.tables.source import DatabaseUrl


def run(arguments: argparse.Namespace) -> Exit:
    """Print the files, or write them into a folder."""
    if arguments.store is not None:
        address(arguments.store)
    files = _files(arguments)
    if arguments.into is None:
        print("\n".join(_shown(files)), end="")
        return Exit.DONE
    there = [arguments.into / file.name for file in files if (arguments.into / file.name).exists()]
    if there:
        raise OutputError(f"{there[0]} exists. Fix: delete it, or write --into another folder")
    for file in files:
        write_text(arguments.into / file.name, file.text)
        print(arguments.into / file.name)
    return Exit.DONE


def _shown(files: Sequence[Manifest]) -> list[str]:
    return [file.text if len(files) == 1 else f"# {file.name}\n{file.text}" for file in files]


def _files(arguments: argparse.Namespace) -> tuple[Manifest, ...]:
    if arguments.scheduler == "kubernetes":
        job = _job(arguments, arguments.folder)
        return kubernetes(job, Cluster(arguments.image, arguments.secret, arguments.claim))
    makers = {maker.__name__: maker for maker in (systemd, cron, airflow)}
    return makers[arguments.scheduler](_local(arguments))


def _local(arguments: argparse.Namespace) -> Job:
    """The job on this machine: every path is absolute, and it runs in this folder with this Python."""
    if not sys.executable:
        raise UsageError("this Python does not know where it stands. Fix: run the optimizer from its environment")
    environment = None if arguments.environment is None else str(arguments.environment.absolute())
    job = _job(arguments, str(Path.cwd()), lambda path: str(path.absolute()))
    return replace(job, program=(sys.executable, "-m", "optimizer"), environment=environment)


def _job(arguments: argparse.Namespace, folder: str, place: Callable[[Path], str] = str) -> Job:
    """The job as it runs in a folder, with paths as they are given, or as `place` writes them."""
    case = arguments.case
    words = ["replan", case.text if isinstance(case, DatabaseUrl) else place(case)]
    if arguments.store is not None:
        words += ["--store", arguments.store if "://" in arguments.store else place(Path(arguments.store))]
    if arguments.out is not None:
        words += ["--out", place(arguments.out)]
    for target in arguments.announce:
        words += ["--announce", target]
    return Job(
        arguments.name,
        ("optimizer",),
        tuple(words),
        folder,
        Every(arguments.every),
        arguments.at,
        arguments.timezone,
    )
