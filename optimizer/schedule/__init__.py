"""Ready files for the operating system's schedulers, which do the scheduling: systemd, cron, Kubernetes, Airflow.

Each runs one `optimizer replan`. Asked again with the same inputs it does nothing, so whoever missed a day may ask
twice; the store's lock keeps two from working at once, and a crash lets go of it.
"""

from optimizer.schedule.airflow import airflow
from optimizer.schedule.cron import cron
from optimizer.schedule.job import Every, Job, Manifest
from optimizer.schedule.kubernetes import Cluster, kubernetes
from optimizer.schedule.systemd import systemd

__all__ = ["Cluster", "Every", "Job", "Manifest", "airflow", "cron", "kubernetes", "systemd"]
