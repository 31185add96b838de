"""A Kubernetes CronJob. Two never run at once; a missed run is started within half a day."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.errors import UsageError
from optimizer.schedule.job import Job, Manifest

LATE_SECONDS = 12 * 3600
LONGEST_SECONDS = 12 * 3600
STOP_SECONDS = 300
SHELL = 'optimizer "$@" || [ $? -eq 10 ]'
"""The exit code 10 says that the plan changed: the job itself went well."""

CRONJOB = """# {description}. Apply it with: kubectl apply -f {name}.yaml
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {name}
spec:
  schedule: {schedule}
  timeZone: {timezone}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: {late}
  successfulJobsHistoryLimit: 4
  failedJobsHistoryLimit: 4
  jobTemplate:
    spec:
      backoffLimit: 0
      activeDeadlineSeconds: {longest}
      template:
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: {stop}
          automountServiceAccountToken: false
          containers:
            - name: replan
              image: {image}
              workingDir: {folder}
              # The clock of the zone says what quarter it is today.
              env:
                - name: TZ
                  value: {timezone}
              command:
{command}
{secret}{mount}"""

SECRET = """              envFrom:
                - secretRef:
                    name: {secret}
"""
MOUNT = """              volumeMounts:
                - name: work
                  mountPath: {folder}
          volumes:
            - name: work
              persistentVolumeClaim:
                claimName: {claim}
"""


@dataclass(frozen=True)
class Cluster:
    """What the job finds in the cluster: the image with the optimizer, a secret whose keys are environment variables,
    and a claim of a volume that is mounted at the job's folder.
    """

    image: str
    secret: str | None = None
    claim: str | None = None


def kubernetes(job: Job, cluster: Cluster) -> tuple[Manifest, ...]:
    """The manifest `NAME.yaml`; every text of the user's is a JSON string, which YAML reads as it stands."""
    if job.environment is not None:
        raise UsageError("--environment is a file of this machine. Fix: keep its lines in a secret, named by --secret")
    hour, minute = job.clock
    words = ["sh", "-c", SHELL, "optimizer", *(word.replace("$", "$$") for word in job.words)]
    told = {
        "description": job.description,
        "name": job.name,
        "schedule": _text(f"{minute} {hour} {job.cron_days(catch_up=True)}"),
        "timezone": _text(job.timezone),
        "late": LATE_SECONDS,
        "longest": LONGEST_SECONDS,
        "stop": STOP_SECONDS,
        "image": _text(cluster.image),
        "folder": _text(job.folder),
        "command": _list(words),
        "secret": "" if cluster.secret is None else SECRET.format(secret=_text(cluster.secret)),
        "mount": "" if cluster.claim is None else MOUNT.format(folder=_text(job.folder), claim=_text(cluster.claim)),
    }
    return (Manifest(f"{job.name}.yaml", CRONJOB.format(**told)),)


def _text(value: str) -> str:
    if not value.isprintable() or not value:
        raise UsageError(f"{value!r} is empty or holds control characters. Fix: give a name")
    return json.dumps(value)


def _list(words: Sequence[str]) -> str:
    return "\n".join(f"                - {_text(word)}" for word in words)
