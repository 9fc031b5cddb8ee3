"""One request to a semantic manifest: a Rumbo project, runs of it, and the rows to write."""

import datetime

from asked import Item, end_of, filters_of, period_of, pieces, templates
from metrics import Metrics
from project import GRAINS, PERIODS, Project, nests
from sql import Unsupported, holds, reference


def texts(raw):
    """Texts, where a manifest has one, several, none, or filters."""
    if isinstance(raw, dict):
        return templates(raw)
    return [raw] if isinstance(raw, str) else list(raw or [])


class Request(Metrics):
    # What is asked for

    def __init__(self, manifest, case, data, days):
        """`days` are the first and last day that there are."""
        saved = case.get("saved_query_params") or {}
        self.manifest, self.case, (self.first, self.last) = manifest, case, days
        self.project = Project(manifest, case["id"], data, self.last)
        self.metrics = [*(case.get("metrics") or []), *(saved.get("metrics") or [])]
        self.order_by = case.get("order_by") or saved.get("order_by") or []
        self.limit = case.get("limit") if case.get("limit") is not None else saved.get("limit")
        self.keeps_repeats = not case.get("apply_group_by", True)
        # What is written: (its name, the KPI of its value, the KPI that counts its rows), or a KPI that counts groups.
        self.asked, self.counted, self.unmatched, self.ties = [], None, [], None
        # KPIs that are made already, and the sources that they read.
        self.made, self.leaf_sources = {}, []
        # Rumbo's periods, if any; which day of a period stands for it; whether empty cells matter.
        self.grain, self.grains, self.select, self.fills, self.empty_days = None, [], None, False, False
        # Conditions on rows and on periods, a limit of time on rows, and whether offsets move rows instead of periods.
        self.row_filters, self.period_filters, self.row_limits, self.shift_rows = [], [], None, False
        self.leaves = [leaf for m in self.metrics for leaf in self.leaves_of(m)]
        self.items = self.group_by(saved)
        self.filters = filters_of([*texts(case.get("where")), *texts(saved.get("where"))])
        self.times()
        if self.metrics:
            self.with_metrics()
        else:
            self.without_metrics()

    def item(self, text, grain=None, part=None):
        parts = text.split("__")
        if len(parts) > 1 and (parts[-1] in GRAINS or parts[-1] in self.manifest.custom):
            grain = parts.pop()
        return Item(parts[:-1], parts[-1], grain, part)

    def of_reference(self, ref):
        return self.item(ref.name, ref.grain, ref.date_part)

    def group_by(self, saved):
        items = [self.item(g) for g in self.case.get("group_by") or []]
        for raw in self.case.get("group_by_objs") or []:
            items.append(self.item(raw["name"], raw.get("grain"), raw.get("date_part")))
        return items + [self.of_reference(reference(g)) for g in saved.get("group_by") or []]

    def is_time_of_metrics(self, item):
        """Whether it is `metric_time`, or the time by which all measures asked for count."""
        if item.element == "metric_time" and not item.links:
            return True
        return bool(self.leaves) and all(
            item.element == time and len(item.links) == 1 and item.links[0] in model.own_links for _, model, time in self.leaves
        )

    def is_about_time(self, condition, node):
        ref = condition.items[node]
        return self.is_time_of_metrics(self.item(node[1]) if ref is None else self.of_reference(ref)) and (
            ref is None or ref.kind != "Metric"
        )

    def default_grain(self):
        grains = []
        for metric in self.metrics:
            own = self.manifest.metrics[metric].get("time_granularity")
            grains += [own] if own else ["day", *(model.grain(time) for _, model, time in self.leaves_of(metric))]
        return max(grains or ["day"], key=GRAINS.index)

    def times(self):
        """Which items are Rumbo's periods, and at which grain it runs."""
        for item in self.items:
            item.is_metric_time = self.is_time_of_metrics(item)
            if item.is_metric_time and not item.grain and not item.part:
                item.grain = self.default_grain() if item.element == "metric_time" else self.leaves[0][1].grain(item.element)
        times = [i for i in self.items if i.is_metric_time]
        periods = [i for i in times if not i.part and i.grain in PERIODS]
        if periods and len(periods) == len(times):
            self.grains = [i.grain for i in periods]
            finest = min(self.grains, key=GRAINS.index)
            first_or_last = self.of_windows(periods)
            if first_or_last:
                own = max(["day", *(model.grain(time) for _, model, time in self.leaves)], key=GRAINS.index)
                self.grain, self.select = own, first_or_last
                self.grains = [own]
            elif self.keeps_repeats:
                # Without dropping repeated rows, every day is one.
                self.grain = "day"
            elif all(nests(finest, g) for g in self.grains):
                self.grain = finest
            else:
                self.grain = "piece"
                self.project.pieces = pieces(self.first, self.last, self.grains)
        if self.grain:
            for item in periods:
                item.is_period = True
        elif self.metrics and any(self.has_windows(m) for m in self.metrics) and times:
            raise Unsupported("a window at several grains that do not nest, at parts of dates or at a grain that is a column")

    def of_windows(self, periods):
        """Which day of a period stands for it, where a window is asked for at a grain that is not its own."""
        found = set()
        for metric in self.metrics:
            raw = self.manifest.metrics[metric]
            if raw["type"].lower() != "cumulative":
                continue
            (_, model, time), cumulative = self.leaves_of(metric)[0], raw["type_params"].get("cumulative_type_params") or {}
            if all(i.grain == model.grain(time) for i in periods):
                continue
            agg = cumulative.get("period_agg") or "first"
            all_time = not self.window_of(raw)
            if agg == "last" and all_time:
                continue
            if agg == "average":
                raise Unsupported("`period_agg: average`, the mean over the days of a period of a value with a window")
            found.add(agg)
        if not found:
            return None
        if len(found) > 1 or len(self.metrics) > 1:
            raise Unsupported("several cumulative metrics at a grain that is not their own")
        return found.pop()

    def lies_in(self, grain):
        """Whether each of the run's periods lies in one of this grain."""
        return any(nests(g, grain) for g in self.grains)

    # Requests for metrics

    def with_metrics(self):
        on_time = [f for f in self.filters if f.items and all(self.is_about_time(f, n) for n in f.items)]
        shifted = any(self.is_shifted(m) for m in self.metrics)
        if self.grain and shifted and on_time:
            if all(self.shown_by_period(f) for f in on_time):
                self.period_filters = on_time
            else:
                self.shift_rows = True
        self.row_filters = [f for f in self.filters if f not in self.period_filters]
        if self.case.get("time_constraint") and not self.grain:
            if any(self.has_windows(m) for m in self.metrics):
                raise Unsupported("a window over a limited time without periods")
            self.row_limits = self.case["time_constraint"]
        self.asked = [(m, *self.metric(m, tuple(self.row_filters))) for m in self.metrics]
        if self.empty_days and (len(self.asked) > 1 or len(self.leaves) > 1):
            raise Unsupported("`join_to_timespine` with dimensions beside time, for several measures")
        for item in self.items:
            if not item.is_period:
                self.dimension(item)
        for raw in self.project.kpis.values():
            raw["grain"] = self.run_grain()
            if not self.fills:
                raw["fill"] = "observed"

    def shown_by_period(self, condition):
        """Whether the periods of the result say if the condition holds."""
        for node, ref in condition.items.items():
            item = self.item(node[1]) if ref is None else self.of_reference(ref)
            grain = item.grain or self.default_grain()
            if item.part or grain not in PERIODS or not self.lies_in(grain):
                return False
        return True

    def dimension(self, item):
        """A breakdown, and the way of every source to it."""
        named, paths = "by_" + "__".join([*item.key(), item.part or item.grain or ""]).rstrip("_"), {}
        for source in self.leaf_sources:
            place = self.place(source, item)
            if item.part:
                path = self.project.at_part(place, item.part)
            else:
                path = self.project.at_grain(place, item.grain)
            paths[source.name] = path
        for _, there, items in self.unmatched:
            if item in items:
                first = self.place(self.leaf_sources[0], item).way.split(".")[0] + "."
                paths[there.name] = paths[self.leaf_sources[0].name].removeprefix(first)
        item.dimension = named
        self.project.dimensions[named] = paths

    def run_grain(self):
        return self.grain or "year"

    # Requests for dimensions alone

    def without_metrics(self):
        self.row_filters = self.filters
        times = [i for i in self.items if i.is_metric_time]
        others = [i for i in self.items if not i.is_metric_time]
        about_time = [f for f in self.filters if f.items and all(self.is_about_time(f, n) for n in f.items)]
        if self.case.get("time_constraint") and not self.grain:
            self.row_limits = self.case["time_constraint"]
        filters = tuple(f for f in self.filters if f not in about_time or not others)
        wanted = others + [
            self.item(n[1]) if r is None else self.of_reference(r) for f in filters for n, r in f.items.items() if r is None or r.kind != "Metric"
        ]
        wanted = [i for i in wanted if not self.is_time_of_metrics(i)]
        if times and others and not self.grain:
            raise Unsupported("parts of days, or grains that are columns, beside dimensions and without a metric")
        if wanted:
            source = self.base_for(wanted)
            source.time_column = None
            if others and about_time:
                self.period_filters = about_time
        else:
            grains = [g if g in GRAINS else self.manifest.custom[g][0] for g in (i.grain or "day" for i in times)]
            source = self.project.spine(min([*grains, "day"], key=GRAINS.index), bool(self.grain))
        self.leaf_sources = [source]
        where = self.where(source, filters)
        if wanted and not self.filters and not self.case.get("min_max_only"):
            self.find_unmatched(source, others)
        if self.case.get("min_max_only"):
            if len(self.items) != 1:
                raise Unsupported("the least and greatest of several dimensions")
            item = self.items[0]
            self.grain, item.is_period = None, False
            if source.model is None:
                source.keys.pop("time", None)
            place = self.place(source, item)
            if place.grain and not item.grain:
                item.grain = place.grain
            path = self.project.at_grain(place, item.grain)
            for end in ("min", "max"):
                named = self.kpi(f"{end}_of_it", f"{end}({source.name}.{path}{where})")
                self.asked.append((f"{item.label}__{end}", named, named))
            self.items = []
        else:
            self.counted = self.kpi("rows_of_all", f"count({source.name}{where})")
            for item in self.items:
                if not item.is_period:
                    self.dimension(item)
        for raw in self.project.kpis.values():
            raw["grain"] = self.run_grain()

    def find_unmatched(self, source, items):
        """Rows of joined models that no row leads to are groups too, of no member of all other dimensions."""
        ways = {i: self.project.find(source, i.links, i.element) for i in items}
        for relation in sorted({p.way.split(".")[0] for p in ways.values() if p.way}):
            there = self.project.sources[source.relations[relation]["to"]]
            leading = there.column(f"rows_of_{source.name}", f"count({source.name})")
            kpi = self.kpi(f"without_{source.name}", f"count({there.name} where {leading} = 0)")
            self.unmatched.append((kpi, there, [i for i in items if ways[i].way.split(".")[0] == relation]))

    def base_for(self, items):
        """The model that has all items, or joins them over the fewest others."""
        best = None
        for model in self.manifest.models.values():
            trial = Project(self.manifest, "", "", "")
            source = trial.facts(model)
            try:
                ways = [trial.find(source, i.links, i.element).way.count(".") for i in items]
            except Unsupported:
                continue
            if best is None or sum(ways) < best[0]:
                best = (sum(ways), model)
        if best is None:
            raise Unsupported("dimensions that no one model reaches")
        return self.project.facts(best[1])

    # Runs

    def runs(self):
        """The runs that answer: the KPIs and dimensions of each, and its range."""
        kpis = list(dict.fromkeys(k for _, value, rows in self.asked for k in (value, rows)))
        if not self.asked:
            kpis = [self.counted]
        first, last = self.first, self.last
        constraint = self.case.get("time_constraint")
        if not self.grain:
            first = last[:4] + "-01-01"
        elif constraint:
            # A limit of time is widened to whole periods, there and here; to those that are shown, where a day stands for each.
            first, last = (t[:10] for t in constraint)
            if self.select:
                grains = [i.grain for i in self.items if i.is_period]
                first, last = min(period_of(first, g) for g in grains), end_of(last, grains)
        dimensions = list(dict.fromkeys(i.dimension for i in self.items if not i.is_period))
        found = [self.run_of(kpis, dimensions, self.run_grain(), first, last)]
        for kpi, _, items in self.unmatched:
            dimensions = list(dict.fromkeys(i.dimension for i in items))
            found.append(self.run_of([kpi], dimensions, "year", self.last[:4] + "-01-01", self.last))
        if self.ties:
            found.append(self.run_of([self.ties], [], self.run_grain(), self.last[:4] + "-12-31", self.last))
        return found

    def run_of(self, kpis, dimensions, grain, first, last):
        args = [a for k in kpis for a in ("--kpi", k)]
        args += ["--by", ",".join(dimensions) or "none", "--grain", grain]
        after = (datetime.date.fromisoformat(last) + datetime.timedelta(days=1)).isoformat()
        return [*args, "--from", first, "--to", after, "--format", "ndjson"]

    # Rows

    def rows(self, results, *others):
        """The rows to write: groups that have rows, in the order that is asked for."""
        if self.ties and any(count(v[self.ties]) for v in by_cell(others[-1], []).values()):
            raise Unsupported("conversions by what tells events of one moment apart: there chance says which is credited, here their order")
        dimensions = list(dict.fromkeys(i.dimension for i in self.items if not i.is_period))
        cells = by_cell(results, dimensions)
        seen = self.groups(cells) if self.asked else self.repeated(cells)
        if self.empty_days:
            seen += self.days_of_nothing(by_cell(results, []), dimensions)
        lines = []
        for cell, values in sorted(seen, key=lambda s: s[0][0], reverse=self.select == "last"):
            if all(self.keeps(f, cell[0]) for f in self.period_filters):
                at = dict(zip(dimensions, cell[1:]))
                lines.append([period_of(cell[0], i.grain) if i.is_period else at[i.dimension] for i in self.items] + values)
        for (kpi, _, items), found in zip(self.unmatched, others):
            for cell, values in by_cell(found, list(dict.fromkeys(i.dimension for i in items))).items():
                at = dict(zip(dict.fromkeys(i.dimension for i in items), cell[1:]))
                row = [at[i.dimension] if i in items else None for i in self.items]
                lines += [row] * self.times_shown(values[kpi])
        if self.select:
            # The first or last day of each period stands for it: chosen, not computed.
            chosen = {}
            for row in lines:
                chosen.setdefault(tuple(row[: len(self.items)]), row)
            lines = list(chosen.values())
        elif not self.asked and not self.keeps_repeats:
            lines = [list(row) for row in dict.fromkeys(map(tuple, lines))]
        header = [i.label for i in self.items] + [m for m, _, _ in self.asked]
        return header, self.ordered(header, lines)

    def groups(self, cells):
        """The cells of metrics that any of them saw rows for, with their values."""
        seen = []
        for cell, values in cells.items():
            if self.case.get("min_max_only") or any(count(values.get(rows)) for _, _, rows in self.asked):
                seen.append((cell, [values.get(value) for _, value, _ in self.asked]))
        if not self.items and not seen:
            # Without groups there is one row, also where nothing is in it.
            values = next(iter(cells.values()), {})
            seen = [((self.first,), [values.get(value) for _, value, _ in self.asked])]
        return seen

    def repeated(self, cells):
        return [(cell, []) for cell, values in cells.items() for _ in range(self.times_shown(values[self.counted]))]

    def days_of_nothing(self, totals, dimensions):
        """The periods without any row: each is a group of no member of any dimension."""
        _, value, rows = self.asked[0]
        nobody = [None] * len(dimensions)
        return [((*cell, *nobody), [values[value]]) for cell, values in totals.items() if not count(values[rows])]

    def times_shown(self, rows):
        many = count(rows)
        return many if self.keeps_repeats else min(many, 1)

    def keeps(self, condition, day):
        def leaf(node):
            ref = condition.items[node]
            item = self.item(node[1]) if ref is None else self.of_reference(ref)
            return period_of(day, item.grain or self.default_grain())

        return holds(condition.tree, leaf) is True

    def ordered(self, header, lines):
        for text in reversed(self.order_by):
            at, down = self.order_of(text, header)
            lines.sort(key=lambda row: sort_key(row[at]), reverse=down)
        return lines if self.limit is None else lines[: self.limit]

    def order_of(self, text, header):
        """The column that is ordered by, and whether from its greatest on."""
        down, wanted = text.startswith("-"), text.lstrip("-")
        if "(" in wanted:
            down, ref = "descending(True)" in wanted, reference(wanted)
            wanted = ref.name if ref.kind == "Metric" else self.of_reference(ref).label
        for matches in (lambda h: h == wanted, lambda h: h.startswith(wanted + "__")):
            for at, h in enumerate(header):
                if matches(h):
                    return at, down
        raise Unsupported(f"the order by `{text}`")


def count(value):
    return int(float(value or 0))


def by_cell(results, dimensions):
    """The values of KPIs for each period and member of one breakdown."""
    breakdown, cells = ", ".join(dimensions), {}
    for r in results:
        if r["breakdown"] == breakdown:
            cells.setdefault((r["period_start"], *(r[d] for d in dimensions)), {})[r["kpi"]] = r["exact"]
    return cells


def sort_key(value):
    if value is None:
        return (2, 0.0, "")
    try:
        return (0, float(value), "")
    except ValueError:
        return (1, 0.0, value)
