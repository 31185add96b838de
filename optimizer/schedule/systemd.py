"""A systemd service and its timer. Missed runs are caught up once; a unit that runs is not started twice."""

from optimizer.schedule.job import Every, Job, Manifest

SERVICE = """[Unit]
Description={description}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory={folder}
{environment}ExecStart={command}
# 10 says that the plan changed and somebody should look: the run itself went well.
SuccessExitStatus=10
# An interrupt keeps the best plan found; it gets five minutes to be audited and kept.
KillSignal=SIGINT
TimeoutStopSec=5min
TimeoutStartSec=12h
NoNewPrivileges=true
PrivateTmp=true
"""

TIMER = """[Unit]
Description={description}: when

[Timer]
OnCalendar={calendar}
# A run that was missed while the machine was off is made up for once.
Persistent=true
RandomizedDelaySec=2min
Unit={name}.service

[Install]
WantedBy=timers.target
"""


def systemd(job: Job) -> tuple[Manifest, ...]:
    """The units `NAME.service` and `NAME.timer`."""
    days = "*-*-*" if job.every is Every.DAY else "*-01,04,07,10-01"
    environment = "" if job.environment is None else f"EnvironmentFile={_plain(job.environment)}\n"
    service = SERVICE.format(
        description=job.description,
        folder=_plain(job.folder),
        environment=environment,
        command=" ".join(_quoted(word) for word in job.command),
    )
    timer = TIMER.format(description=job.description, calendar=f"{days} {job.at}:00 {job.timezone}", name=job.name)
    return Manifest(f"{job.name}.service", service), Manifest(f"{job.name}.timer", timer)


def _plain(path: str) -> str:
    """A path that stands alone on its line: only the specifiers of systemd need care."""
    return path.replace("%", "%%")


def _quoted(word: str) -> str:
    """One word of a command line, in which neither quotes nor variables nor specifiers mean anything."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'
