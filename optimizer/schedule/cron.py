"""A line for crontab. It speaks, and so sends mail, only when the plan changed or the run failed.

Cron makes up for nothing it missed: the line of a quarter asks on each of its first seven days, and all but the first
find that nothing is new.
"""

import shlex

from optimizer.schedule.job import Job, Manifest

HEAD = """# {description}. Add this line with: crontab -e
# It prints, and so is mailed, only when the plan changed (exit 10) or the run failed. Times are of the machine's clock
# unless your cron reads CRON_TZ.
CRON_TZ={timezone}
"""


def cron(job: Job) -> tuple[Manifest, ...]:
    """One line of crontab, with what cron itself would read in it marked."""
    hour, minute = job.clock
    load = "" if job.environment is None else f"set -a && . {shlex.quote(_file(job.environment))} && set +a && "
    run = f'said="$({shlex.join(job.command)} 2>&1)" || {{ echo "exit $?"; echo "$said"; }}'
    shell = f"cd {shlex.quote(job.folder)} && {load}{run}"
    line = f"{minute} {hour} {job.cron_days(catch_up=True)} {_unread(shell)}\n"
    head = HEAD.format(description=job.description, timezone=job.timezone)
    return (Manifest(f"{job.name}.cron", head + line),)


def _file(path: str) -> str:
    """The shell looks for a name without a slash on its search path."""
    return path if "/" in path else f"./{path}"


def _unread(command: str) -> str:
    """Cron takes `%` for the end of the line."""
    return command.replace("%", "\\%")
