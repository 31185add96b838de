"""An Airflow DAG of one task. Of missed runs only the last is made up for; two never run at once."""

import shlex

from optimizer.errors import UsageError
from optimizer.schedule.job import Job, Manifest

DAG = '''"""{description}. Put this file into the folder of DAGs."""

from datetime import timedelta

import pendulum
from airflow import DAG

try:
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:
    from airflow.operators.bash import BashOperator

with DAG(
    dag_id={name},
    schedule={schedule},
    start_date=pendulum.datetime(2020, 1, 1, tz={timezone}),
    catchup=False,
    max_active_runs=1,
):
    BashOperator(
        task_id="replan",
        # The exit code 10 says that the plan changed: the task itself went well.
        bash_command={command},
        cwd={folder},
        append_env=True,
        retries=0,
        execution_timeout=timedelta(hours=12),
    )
'''


def airflow(job: Job) -> tuple[Manifest, ...]:
    """The file `NAME.py`. Airflow fills in braces of commands, so texts that hold its marks are refused."""
    for text in (*job.command, job.folder, job.environment or ""):
        if any(mark in text for mark in ("{{", "{%", "{#")):
            raise UsageError(f"{text!r} holds a mark that Airflow would fill in. Fix: rename it")
    hour, minute = job.clock
    load = "" if job.environment is None else f"set -a && . {shlex.quote(job.environment)} && set +a && "
    command = f"{load}{shlex.join(job.command)} || [ $? -eq 10 ]"
    text = DAG.format(
        description=job.description,
        name=repr(job.name),
        schedule=repr(f"{minute} {hour} {job.cron_days(catch_up=False)}"),
        timezone=repr(job.timezone),
        command=repr(command),
        folder=repr(job.folder),
    )
    return (Manifest(f"{job.name.replace('-', '_')}.py", text),)
