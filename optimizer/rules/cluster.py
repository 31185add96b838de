"""Minimum cluster: where a workload runs at all, it runs on so many GPUs.

  (CLUSTER-1)  sum_{g,a} share of hours[g] x served[w,s,a,g,t] / units per GPU[w,a] >= minimum[w] placed[w,s,t]
  (CLUSTER-2)  sum_a served[w,s,a,g,t] <= most due[w,g,t] placed[w,s,t]
GPUs are averages over the segments of the quarter. Most due is the load, and what can have been deferred into it.
(CLUSTER-2) is not needed where single-site placement ties service to `placed` already.
"""

from collections import defaultdict
from collections.abc import Iterator

from optimizer.case.world import Placement, Workload
from optimizer.errors import Finding
from optimizer.ledger.operation import PLACED, SERVED
from optimizer.rules.books import TOLERANCE, Books, broken
from optimizer.rules.capacity import gpus_per_unit
from optimizer.rules.demand import most_due
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.placement import served_at
from optimizer.rules.rule import Rule


class Cluster(Rule):
    """Run on a cluster of some size, or not at the site."""

    CODE = "CLUSTER"

    def rows(self, form: Formulation) -> None:
        used: defaultdict[tuple[str, str, int], Terms] = defaultdict(list)
        for (name, site, at, index), served in served_at(form).items():
            node = form.nodes[index]
            case = form.at(node)
            workload, segment = case.get(Workload, name), case.segment(at)
            placed = form.operations.get((PLACED, (name, site), index))
            if placed is None or not workload.minimum_cluster_gpus:
                continue
            used[name, site, index] += [
                (-segment.share_of_hours * gpus_per_unit(case, name, made.index[2]), made.variable) for made in served
            ]
            if workload.placement is Placement.ANYWHERE:
                terms: Terms = [(1.0, made.variable) for made in served]
                terms.append((-most_due(case, workload, segment, node.quarter), placed))
                form.limit("CLUSTER-2", node, (name, site, at, str(node.quarter)), terms, upper=0.0, unit="units")
        for (name, site, index), terms in used.items():
            placed = form.operations[PLACED, (name, site), index]
            node = form.nodes[index]
            minimum = form.at(node).get(Workload, name).minimum_cluster_gpus
            terms.append((minimum, placed))
            form.limit("CLUSTER-1", node, (name, site, str(node.quarter)), terms, upper=0.0, unit="GPUs")

    def check(self, books: Books) -> Iterator[Finding]:
        case = books.case
        minimum = {row.workload: row.minimum_cluster_gpus for row in case.of(Workload) if row.minimum_cluster_gpus}
        hours = {segment.segment: segment.share_of_hours for segment in case.segments}
        for quarter in case.calendar.ahead if minimum else ():
            used: defaultdict[tuple[str, str], float] = defaultdict(float)
            for key, units in books.operated.of(SERVED, quarter):
                name, site, accelerator, segment = key.index
                if name in minimum:
                    used[name, site] += units * gpus_per_unit(case, name, accelerator) * hours[segment]
            for (name, site), gpus in used.items():
                least, slack = minimum[name], TOLERANCE * max(1.0, minimum[name])
                if slack < gpus < least - slack:
                    place = f"CLUSTER-1 {name} {site} {quarter}"
                    yield broken(place, f"it runs on {gpus:,.6g} GPUs", f"at least {least:,.6g}, or none")
