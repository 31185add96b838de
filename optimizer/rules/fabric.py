"""Fabric: a cluster is no larger than the network of its site connects.

  (FABRIC-1)  sum_a served[w,s,a,g,t] / units per GPU[w,a] <= fabric GPUs[s] placed[w,s,t]
For workloads with a minimum cluster or at a single site: each of them is one cluster, in every segment.
"""

from collections import defaultdict
from collections.abc import Iterator

from optimizer.case.world import Site, Workload
from optimizer.errors import Finding
from optimizer.ledger.operation import PLACED, SERVED
from optimizer.rules.books import Books, exceeded
from optimizer.rules.capacity import gpus_per_unit
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.placement import clustered, served_at
from optimizer.rules.rule import Rule


class Fabric(Rule):
    """Keep each cluster within the fabric of its site."""

    CODE = "FABRIC"

    def rows(self, form: Formulation) -> None:
        for (name, site, at, index), served in served_at(form).items():
            node = form.nodes[index]
            case = form.at(node)
            limit = case.site(site).fabric_gpus
            placed = form.operations.get((PLACED, (name, site), index))
            if limit is None or placed is None:
                continue
            terms: Terms = [(gpus_per_unit(case, name, made.index[2]), made.variable) for made in served]
            terms.append((-limit, placed))
            form.limit("FABRIC-1", node, (name, site, at, str(node.quarter)), terms, upper=0.0, unit="GPUs")

    def check(self, books: Books) -> Iterator[Finding]:
        case = books.case
        limits = {site.site: site.fabric_gpus for site in case.of(Site) if site.fabric_gpus is not None}
        names = {workload.workload for workload in case.of(Workload) if clustered(workload)}
        for quarter in case.calendar.ahead if limits and names else ():
            used: defaultdict[tuple[str, str, str], float] = defaultdict(float)
            for key, units in books.operated.of(SERVED, quarter):
                name, site, accelerator, segment = key.index
                if name in names and site in limits:
                    used[name, site, segment] += units * gpus_per_unit(case, name, accelerator)
            for (name, site, segment), gpus in used.items():
                place = f"FABRIC-1 {name} {site} {segment} {quarter}"
                yield from exceeded(place, "cluster (GPUs)", gpus, limits[site])
