"""Metrics as KPIs: each becomes a formula, and one that counts the rows behind it."""

import re

from asked import Item, filters_of, span, templates
from project import GRAINS, PERIODS, Place
from sql import MISSING, Unsupported, moment, parse, render, walk

AGGREGATES = {"average": "avg", "min": "min", "max": "max", "median": "median", "count_distinct": "count_distinct"}
DAYS = {"day": 1, "week": 7}


class Metrics:
    """The KPIs of a request's metrics.  A request says what it is about; `sources`, `kpis` and the like fill as it is made."""

    # Metrics and what they read

    def leaves_of(self, metric):
        """The measures that a metric reads: (measure, model, time dimension)."""
        raw = self.manifest.metrics.get(metric)
        if raw is None:
            raise Unsupported(f"no metric is named `{metric}`")
        params, kind = raw["type_params"], raw["type"].lower()
        if kind in ("simple", "cumulative"):
            return [self.leaf_of(self.measure_of(raw)["name"])]
        if kind == "conversion":
            return [self.leaf_of(params["conversion_type_params"]["base_measure"]["name"])]
        inputs = [params["numerator"], params["denominator"]] if kind == "ratio" else params["metrics"] or []
        return [leaf for i in inputs for leaf in self.leaves_of(i["name"])]

    def measure_of(self, raw):
        params = raw["type_params"]
        measure = params.get("measure")
        if measure:
            return measure
        inner = ((params.get("cumulative_type_params") or {}).get("metric") or {}).get("name")
        if inner:
            return self.measure_of(self.manifest.metrics[inner])
        raise Unsupported(f"the metric `{raw['name']}` without a measure")

    def leaf_of(self, named):
        measure, model = self.manifest.measure(named)
        time = measure.get("agg_time_dimension") or model.agg_time
        return measure, model, time

    def has_windows(self, metric):
        raw = self.manifest.metrics[metric]
        if raw["type"].lower() == "cumulative":
            return True
        params = raw["type_params"]
        inputs = [i for i in (params["numerator"], params["denominator"]) if i] + (params["metrics"] or [])
        return any(self.has_windows(i["name"]) for i in inputs)

    def is_shifted(self, metric):
        """Whether its periods are not those of its rows, so that conditions on time choose periods."""
        raw = self.manifest.metrics[metric]
        params = raw["type_params"]
        inputs = [i for i in (params["numerator"], params["denominator"]) if i] + (params["metrics"] or [])
        later = any(i.get("offset_window") or i.get("offset_to_grain") or self.is_shifted(i["name"]) for i in inputs)
        return later or raw["type"].lower() == "cumulative"

    def window_of(self, raw):
        params = raw["type_params"]
        cumulative = params.get("cumulative_type_params") or {}
        window = cumulative.get("window") or params.get("window")
        to_date = cumulative.get("grain_to_date") or params.get("grain_to_date")
        unit = (window or {}).get("granularity") or to_date or "day"
        if unit not in PERIODS:
            raise Unsupported(f"a window of {unit}s: windows are of days and longer")
        if window:
            return f"over last {span(window)}"
        return f"{to_date} to date" if to_date else None

    # KPIs

    def kpi(self, wanted, formula):
        """A KPI of this formula, named after what it is."""
        for known, raw in self.project.kpis.items():
            if raw["formula"] == formula:
                return known
        named, n = wanted, 2
        while named in self.project.kpis:
            named, n = f"{wanted}__{n}", n + 1
        self.project.kpis[named] = {"formula": formula}
        return named

    def metric(self, metric, filters, shift=None, to_grain=None, inside=None):
        """The KPI of a metric under filters, and the one that counts the rows it saw.  `inside` is the entity of a fact."""
        key = (metric, tuple(f.text() for f in filters), shift, to_grain, inside and inside.name)
        if key not in self.made:
            raw = self.manifest.metrics[metric]
            own = tuple(filters_of(templates(raw.get("filter"))))
            kind = raw["type"].lower()
            make = {"simple": self.simple, "cumulative": self.cumulative, "ratio": self.ratio, "derived": self.derived}
            if kind == "conversion":
                value, groups = self.conversion(raw, (*filters, *own), shift, inside)
            elif kind in make:
                value, groups = make[kind](raw, (*filters, *own), shift, to_grain, inside)
            else:
                raise Unsupported(f"metrics of type `{kind}`")
            if inside:
                self.made[key] = f"({value})", f"({groups})"
            else:
                value = self.kpi(metric, value)
                self.made[key] = value, self.kpi(f"{metric}__rows", groups)
        return self.made[key]

    def simple(self, raw, filters, shift, to_grain, inside):
        params, used = raw["type_params"], self.measure_of(raw)
        own = filters_of(templates(used.get("filter")))
        value, rows = self.measure(used["name"], (*filters, *own), shift, to_grain, inside)
        fill, joins = self.filling(used, params)
        if fill is not None:
            value = f"coalesce({value}, {fill})"
        if joins and not inside:
            rows = self.with_spine(rows, filters)
        return value, rows

    def filling(self, used, params):
        fill = used.get("fill_nulls_with")
        fill = params.get("fill_nulls_with") if fill is None else fill
        joins = used.get("join_to_timespine") or params.get("join_to_timespine")
        self.fills = self.fills or joins or fill is not None
        return fill, joins

    def with_spine(self, rows, filters):
        """Every day counts, where days are asked for, unless a condition on what is asked for says otherwise."""
        times = [i for i in self.items if i.is_metric_time]
        if not times:
            return rows
        again = [f for f in filters if f.items and all(self.is_asked_for(f, n) for n in f.items)]
        if len(times) != len(self.items):
            # A day without rows is one group, of no member of any dimension: the total of a period says it.
            if not all(i.is_period for i in times):
                raise Unsupported("`join_to_timespine` at a grain that is a column, beside dimensions")
            if any(self.is_about_time(f, n) for f in again for n in f.items):
                raise Unsupported("`join_to_timespine` beside dimensions, with a condition on time")
            self.empty_days = not again
            return rows
        grains = [g if g in GRAINS else self.manifest.custom[g][0] for g in (i.grain or "day" for i in times)]
        source = self.project.spine(min([*grains, "day"], key=GRAINS.index), bool(self.grain))
        if source not in self.leaf_sources:
            self.leaf_sources.append(source)
        return f"coalesce({rows}, 0) + count({source.name}{self.where(source, again)})"

    def is_asked_for(self, condition, node):
        ref = condition.items[node]
        if ref is not None and ref.kind == "Metric":
            return False
        item = self.item(node[1]) if ref is None else self.of_reference(ref)
        if self.is_time_of_metrics(item):
            grain = item.grain or self.default_grain()
            return any(i.is_metric_time and (i.grain, i.part) == (grain, item.part) for i in self.items)
        return any((i.key(), i.grain, i.part) == (item.key(), item.grain, item.part) for i in self.items)

    # Aggregates

    def measure(self, named, filters, shift, to_grain, inside, after=False):
        """An aggregate over the rows of a model; missing where SQL's is, over no rows.  With `to_grain` only the rows of
        the first day of the period to date, or those after it."""
        measure, model, time = self.leaf_of(named)
        project, timed = self.project, self.grain and not inside
        if measure.get("non_additive_dimension"):
            return self.semi_additive(measure, model, time, filters, shift, inside)
        wants_time = timed or shift or any(i.is_metric_time for i in self.items) or self.mentions_time(filters) or self.row_limits
        if wants_time and not inside and time:
            source = project.facts(model, time, shift, bool(timed))
        else:
            source = project.facts(model)
            if time:
                source.time, source.time_column = time, source.element(time)
        if inside:
            self.relate(source, inside)
        elif source not in self.leaf_sources:
            self.leaf_sources.append(source)
        extra = []
        if to_grain:
            extra.append(f"date({source.time_column}) {'>' if after else '='} period.start")
        value, rows = self.aggregate(measure, source, filters, extra, inside)
        if to_grain:
            value, rows = f"({value}) {to_grain} to date", f"({rows}) {to_grain} to date"
        return value, rows

    def mentions_time(self, filters):
        return any(self.is_about_time(f, n) for f in filters for n in f.items)

    def aggregate(self, measure, source, filters, extra, inside):
        agg, expr = measure["agg"].lower(), measure["expr"] or measure["name"]
        where = self.where(source, filters, extra, inside)
        rows = f"count({source.name}{where})"
        also = " and " if where else " where "
        constant = re.fullmatch(r"\s*(\d+)\s*", str(expr))
        column = None if constant else source.sql(str(expr), f"is_{measure['name']}")
        x = f"{source.name}.{column}"
        if agg == "count":
            return (rows if constant else f"count({source.name}{where}{also}{column} is not missing)"), rows
        if agg == "sum" and constant:
            value = rows if constant.group(1) == "1" else f"{constant.group(1)} * {rows}"
            return self.nothing_is_missing(value, rows), rows
        if agg == "sum_boolean":
            return self.nothing_is_missing(f"count({source.name}{where}{also}{column})", rows), rows
        if agg == "sum":
            return self.nothing_is_missing(f"sum({x}{where})", rows), rows
        if agg == "percentile":
            params = measure.get("agg_params") or {}
            if params.get("use_discrete_percentile"):
                raise Unsupported("a percentile that is one of the values (`use_discrete_percentile`)")
            function = "approx_percentile" if params.get("use_approximate_percentile") else "percentile"
            return f"{function}({x}, {params['percentile']}{where})", rows
        if agg in AGGREGATES and column:
            return f"{AGGREGATES[agg]}({x}{where})", rows
        raise Unsupported(f"the aggregation `{agg}` of `{expr}`")

    def nothing_is_missing(self, value, rows):
        self.project.functions["or_missing(value, rows)"] = f"if(rows > 0, value, {MISSING})"
        return f"or_missing({value}, {rows})"

    # Conditions

    def where(self, source, filters, extra=(), inside=None):
        parts = list(dict.fromkeys(self.condition(source, f) for f in filters)) + list(extra)
        if self.row_limits and not inside and source.time_column:
            low, high = (moment(t.replace("T", " ")) for t in self.row_limits)
            parts.append(f"{source.time_column} between {low} and {high}")
        return " where " + " and ".join(parts) if parts else ""

    def condition(self, source, condition):
        def leaf(node):
            ref = condition.items[node]
            if ref is not None and ref.kind == "Metric":
                return self.fact(source, ref), False
            item = self.item(node[1]) if ref is None else self.of_reference(ref)
            place = self.place(source, item)
            if item.part:
                return self.project.at_part(place, item.part), False
            return self.project.at_grain(place, item.grain), bool(place.grain)

        return render(condition.tree, leaf)

    def place(self, source, item):
        if item.element == "metric_time" and not item.links:
            if source.model is None:
                return Place(source, "", source.time_column, source.name.removesuffix("_spine"))
            if not source.time_column:
                raise Unsupported(f"`{source.model.name}` has no time")
            return Place(source, "", source.time_column, source.model.grain(source.time))
        if source.model is None or (self.is_time_of_metrics(item) and getattr(source, "time_column", None)):
            if not self.is_time_of_metrics(item):
                raise Unsupported("a dimension of days that nothing happened on")
            return self.place(source, Item([], "metric_time"))
        place = self.project.find(source, item.links, item.element)
        return place

    # Facts: a metric for each member of an entity, in a condition

    def fact(self, source, ref):
        if len(ref.group_by) != 1:
            raise Unsupported("a metric by several entities in a condition")
        links = ref.group_by[0].split("__")
        place = self.project.find(source, links[:-1], links[-1])
        entity = f"{links[-1]}_with_values"
        members = self.project.source(
            None, f"{entity}_of_{place.owner.name}", None, distinct=f"{place.owner.name}.{place.column.strip('`')}",
            entity=f"{entity}_of_{place.owner.name}",
        )
        members.link, members.origin = links[-1], place.owner
        value, _ = self.metric(ref.name, (), inside=members)
        column = members.column(f"{ref.name}_of_all", value)
        relation = place.owner.relation(f"to_{members.name}", to=members.keys["entity"], key=place.column.strip("`"))
        return f"{place.way}{relation}.{column}"

    def relate(self, source, members):
        link = members.link
        if link not in source.model.entities:
            raise Unsupported(f"a metric by `{link}` in a condition, which `{source.model.name}` has only behind a join")
        key = source.sql(source.model.entities[link][1], f"is_{link}")
        source.relation(f"to_{members.name}", to=members.keys["entity"], key=key.strip("`"))

    # Metrics of metrics

    def ratio(self, raw, filters, shift, to_grain, inside):
        top, bottom = raw["type_params"]["numerator"], raw["type_params"]["denominator"]
        (a, a_rows), (b, b_rows) = (self.input(i, filters, shift, to_grain, inside) for i in (top, bottom))
        return f"{a} / {b}", self.any_of([a_rows, b_rows])

    def derived(self, raw, filters, shift, to_grain, inside):
        params = raw["type_params"]
        values, rows = {}, []
        for used in params["metrics"] or []:
            value, seen = self.input(used, filters, shift, to_grain, inside)
            values[used.get("alias") or used["name"]] = value
            rows.append(seen)
        tree, _ = parse(params["expr"])
        for node in walk(tree):
            if node[0] == "name" and node[1] not in values:
                raise Unsupported(f"`{node[1]}` in the expression of `{raw['name']}`")
        return render(tree, lambda node: (values[node[1]], False)), self.any_of(rows)

    def any_of(self, rows):
        return rows[0] if len(set(rows)) == 1 else " + ".join(f"coalesce({r}, 0)" for r in dict.fromkeys(rows))

    def input(self, used, filters, shift, to_grain, inside):
        filters = (*filters, *filters_of(templates(used.get("filter"))))
        window, to = used.get("offset_window"), used.get("offset_to_grain")
        if not window and not to:
            return self.metric(used["name"], filters, shift, to_grain, inside)
        if inside:
            raise Unsupported("a metric with an offset for each member of an entity")
        if self.case.get("time_constraint") and self.has_windows(used["name"]):
            raise Unsupported("an offset of a window in a limited time: there the limit holds before the offset, here no answer depends on it")
        if to:
            return self.to_grain(used, filters, shift, to_grain, to)
        if window["granularity"] in self.manifest.custom:
            raise Unsupported("an offset in units of a grain that is a column of the days (`ago` takes whole periods)")
        if self.whole_periods(window) and not self.shift_rows and not shift:
            value, rows = self.metric(used["name"], filters, shift, to_grain)
            return f"ago({value}, {span(window)})", f"ago({rows}, {span(window)})"
        unit = span(window).split()[1].rstrip("s")
        if unit in ("month", "quarter", "year"):
            raise Unsupported(f"an offset of {span(window)} at grain {self.grain or 'none'}: not a whole number of its periods")
        if any(self.has_windows(m) for m in [used["name"]]) and not self.grain:
            raise Unsupported("a window with an offset where no period is asked for")
        before = int(shift.split()[0]) if shift else 0
        if shift and shift.split()[1].rstrip("s") != unit:
            raise Unsupported("offsets in different units")
        return self.metric(used["name"], filters, span({"count": before + window["count"], "granularity": unit}), to_grain)

    def whole_periods(self, window):
        unit = window["granularity"].lower().rstrip("s")
        if self.grain in DAYS:
            return unit in DAYS and window["count"] * DAYS[unit] % DAYS[self.grain] == 0
        months = {"month": 1, "quarter": 3, "year": 12}
        return self.grain in months and unit in months and window["count"] * months[unit] % months[self.grain] == 0

    def to_grain(self, used, filters, shift, to_grain, to):
        if to_grain:
            raise Unsupported("the start of a period of the start of a period")
        finest = [i.grain for i in self.items if i.is_metric_time]
        if finest == [to]:
            if not self.grain or self.grain == to:
                leaf = [model.grain(time) for _, model, time in self.leaves_of(used["name"])]
                if all(g == to for g in leaf):
                    return self.metric(used["name"], filters, shift)
        if not self.grain:
            raise Unsupported("an offset to the start of a period where no period is asked for")
        if not self.lies_in(to):
            raise Unsupported(f"`offset_to_grain: {to}` at grain {self.grain}, where a window to date is that of the period's end")
        return self.metric(used["name"], filters, shift, to)

    def cumulative(self, raw, filters, shift, to_grain, inside):
        used, asked = self.measure_of(raw), filters
        filters = (*filters, *filters_of(templates(used.get("filter"))))
        window = self.window_of(raw)
        if to_grain and (window or self.leaf_of(used["name"])[0]["agg"].lower() not in ("sum", "count", "sum_boolean")):
            raise Unsupported("the start of a period of a window, or of what does not add up")
        value, rows = self.measure(used["name"], filters, shift, None, inside)
        if to_grain:
            # All there is, less what came after the first day of the period to date.
            later, later_rows = self.measure(used["name"], filters, shift, to_grain, inside, after=True)
            named = raw["name"]
            value, later = self.kpi(f"{named}__ever", f"({value}) all time"), self.kpi(f"{named}__later", f"coalesce({later}, 0)")
            rows, later_rows = self.kpi(f"{named}__rows_ever", f"({rows}) all time"), self.kpi(f"{named}__rows_later", f"coalesce({later_rows}, 0)")
            rows = f"({rows} - {later_rows})"
            return self.nothing_is_missing(f"{value} - {later}", rows), rows
        if self.grain and not inside:
            window = window or "all time"
            value, rows = f"({value}) {window}", f"({rows}) {window}"
        elif window:
            raise Unsupported("a window where no period is asked for")
        fill, joins = self.filling(used, raw["type_params"])
        if fill is not None:
            value = f"coalesce({value}, {fill})"
        if joins and not inside:
            rows = self.with_spine(rows, asked)
        return value, rows

    def conversion(self, raw, filters, shift, inside):
        params = raw["type_params"]["conversion_type_params"]
        if inside or shift:
            raise Unsupported("conversions for each member of an entity, or with an offset")
        base, target = params["base_measure"], params["conversion_measure"]
        (base_measure, base_model, base_time), (to_measure, to_model, to_time) = self.leaf_of(base["name"]), self.leaf_of(target["name"])
        for measure in (base_measure, to_measure):
            constant = re.fullmatch(r"\s*1\s*", str(measure["expr"]))
            if not (constant and measure["agg"].lower() in ("count", "sum")):
                raise Unsupported("conversions of something else than rows")
        rows, followers = self.project.facts(base_model, base_time), self.project.facts(to_model, to_time)
        same = [(params["entity"], params["entity"])]
        same += [(p["base_property"], p["conversion_property"]) for p in params.get("constant_properties") or []]
        keys = [rows.element(of_base).strip("`") for of_base, _ in same]
        keys_there = [followers.element(of_target).strip("`") for _, of_target in same]
        members = "_and_".join(of_base for of_base, _ in same) + f"_of_{rows.name}"
        if len(same) == 1:
            self.project.source(None, members, None, distinct=f"{rows.name}.{keys[0]}", entity=members)
        else:
            # A derived source has one column: here one row of each combination is kept instead.
            made = self.project.source(base_model, members, base_model.table, entity=members, key=keys)
            keys = [made.element(of_base).strip("`") for of_base, _ in same]
            made.keys["keep"] = {"per": keys, "last": made.element(base_time).strip("`")}
        for source, key in ((rows, keys), (followers, keys_there)):
            source.relation(f"to_{members}", to=members, key=key)
        if rows not in self.leaf_sources:
            self.leaf_sources.append(rows)
        if any(not i.is_metric_time and i.key()[0] != params["entity"] for i in self.items):
            self.find_ties(rows, [*keys, rows.time_column.strip("`")])
        where = self.where(rows, (*filters, *filters_of(templates(base.get("filter")))))
        where_to = self.where(followers, filters_of(templates(target.get("filter"))))
        window = params.get("window")
        if window and window["granularity"] not in GRAINS[: GRAINS.index("week") + 1]:
            raise Unsupported(f"a conversion within {span(window)}: its length is not fixed")
        within = span(window) if window else "36500 days"
        call = f"({rows.name}{where}, {followers.name}{where_to}, within = {within}, entity = {members})"
        converted, counted = f"conversions{call}", f"count({rows.name}{where})"
        rate = params["calculation"].lower() == "conversion_rate"
        value = f"conversion_rate{call}" if rate else converted
        fill = target.get("fill_nulls_with")
        if fill is None:
            value = self.nothing_is_missing(value, converted)
        if not self.grain:
            value, counted = f"({value}) all time", f"({counted}) all time"
        if base.get("join_to_timespine"):
            counted = self.with_spine(counted, filters)
        return value, counted

    def find_ties(self, rows, keys):
        """Counts the rows that have another of the same member at the same time."""
        single = self.project.source(rows.model, f"{rows.name}_one_at_a_time", rows.table)
        single.columns = {c: f for c, f in rows.columns.items() if c in keys}
        single.keys["keep"] = {"per": keys, "last": keys[-1]}
        every = self.project.source(rows.model, f"{rows.name}_ever", rows.table)
        self.ties = self.kpi("ties", f"count({every.name}) - count({single.name})")

    # Measures that do not add up over time

    def semi_additive(self, measure, model, time, filters, shift, inside):
        """Of the rows that pass, those of the first or last day (of each member, in each period)."""
        rule, project = measure["non_additive_dimension"], self.project
        if shift or inside:
            raise Unsupported("a measure that does not add up over time, with an offset or for each member of an entity")
        day, least = model.grain(rule["name"]), rule["window_choice"].lower() == "min"
        groups = rule.get("window_groupings") or []
        periods = [i for i in self.items if i.is_metric_time]
        if rule["name"] == time and any(i.grain == day for i in periods):
            return self.plain(measure, model, time, filters)
        if periods:
            return self.ends_of_periods(measure, model, time, filters, rule["name"], groups, least)
        if len(groups) > 1:
            raise Unsupported("the first or last day of each of several things together")
        source = project.facts(model)
        source.time, source.time_column = time, source.element(time)
        key = source.sql(model.entities[groups[0]][1], f"is_{groups[0]}") if groups else source.column("all_together", "1 = 1")
        entity = f"{groups[0] if groups else 'all'}_of_{source.name}"
        members = project.source(None, entity, None, distinct=f"{source.name}.{key.strip('`')}", entity=entity)
        relation = source.relation(f"to_{entity}", to=entity, key=key.strip("`"))
        x, where = source.element(rule["name"]), self.where(source, filters)
        end = members.column(f"{'first' if least else 'last'}_{rule['name']}", f"{'min' if least else 'max'}({source.name}.{x}{where})")
        if source not in self.leaf_sources:
            self.leaf_sources.append(source)
        return self.aggregate(measure, source, filters, [f"{x} = {relation}.{end}"], None)

    def plain(self, measure, model, time, filters):
        """At its own grain every period is its own first and last."""
        source = self.project.facts(model, time, timed=bool(self.grain))
        if source not in self.leaf_sources:
            self.leaf_sources.append(source)
        return self.aggregate(measure, source, filters, [], None)

    def ends_of_periods(self, measure, model, time, filters, column, groups, least):
        """A day's total for each member is a fact; of these the first or last in a period counts."""
        if len(groups) > 1 or not self.grain or measure["agg"].lower() != "sum":
            raise Unsupported("the first or last day of each period, of several things together or not of a sum")
        others = [i for i in self.items if not i.is_metric_time]
        if any(i.element not in groups or i.links for i in others):
            raise Unsupported("the first or last day of each period by something else than whose day it is")
        project, source = self.project, self.project.facts(model)
        source.time, source.time_column = time, source.element(time)
        named = "_and_".join([*groups, f"day_of_{source.name}"])
        days = project.source(model, f"{named}_totals", model.table, entity=named)
        keys = [days.sql(model.entities[g][1], f"is_{g}").strip("`") for g in groups] + [days.element(column).strip("`")]
        days.keys.update(key=keys, keep={"per": keys, "last": keys[-1]}, time=keys[-1])
        days.time, days.time_column = time, days.element(time)
        source.relation(f"to_{named}", to=named, key=keys)
        total, seen = self.aggregate(measure, source, filters, [], None)
        total, seen = days.column("total", total), days.column("rows_of_day", seen)
        if days not in self.leaf_sources:
            self.leaf_sources.append(days)
        end = f"{'first' if least else 'last'}({days.name}.{total} where {seen} > 0)"
        if groups:
            entity = f"{groups[0]}_of_{days.name}"
            project.source(None, entity, None, distinct=f"{source.name}.{keys[0]}", entity=entity)
            days.relation(f"to_{entity}", to=entity, key=keys[0])
            end = f"sum({end} per {entity})"
        return end, f"count({days.name} where {seen} > 0)"
