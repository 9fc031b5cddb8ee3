"""A semantic manifest, and the Rumbo project that is built from it for one request."""

import json
import os
import re

from sql import Unsupported, cut, parse, render

GRAINS = ("nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year")
PERIODS = GRAINS[GRAINS.index("day") :]
PARTS = ("year", "quarter", "month", "day", "dow", "doy")
PLAIN = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
RESERVED = {"and", "or", "not", "where", "per", "true", "false"}


def finer(a, b):
    """Whether the grain `a` is finer than `b`."""
    return GRAINS.index(a) < GRAINS.index(b)


def nests(fine, coarse):
    """Whether every period of `fine` lies in one of `coarse`."""
    return fine == coarse or (not finer(coarse, fine) and (fine != "week" or coarse == "week"))


def name(text):
    """A name as formulas write it."""
    return text if PLAIN.match(text) and text not in RESERVED else "`" + text + "`"


class Model:
    """A semantic model."""

    def __init__(self, raw):
        self.name = raw["name"]
        self.table = raw["node_relation"]["alias"]
        self.entities = {e["name"]: (e["type"].lower(), e["expr"] or e["name"]) for e in raw["entities"]}
        self.dimensions = {d["name"]: d for d in raw["dimensions"]}
        self.measures = {m["name"]: m for m in raw["measures"]}
        self.agg_time = (raw.get("defaults") or {}).get("agg_time_dimension")
        keys = [n for n, (kind, _) in self.entities.items() if kind in ("primary", "unique", "natural")]
        primary = [n for n, (kind, _) in self.entities.items() if kind == "primary"]
        self.primary = raw.get("primary_entity") or (primary + keys + [None])[0]
        # The entities before a dimension of the model's own: `booking__is_instant`.
        self.own_links = set(keys) | {self.primary}
        self.joinable = set(keys)
        self.partitions = [d["name"] for d in raw["dimensions"] if d.get("is_partition")]
        bounds = {}
        for d in raw["dimensions"]:
            validity = (d.get("type_params") or {}).get("validity_params") or {}
            for end in ("is_start", "is_end"):
                if validity.get(end):
                    bounds[end] = d["expr"] or d["name"]
        self.span = (bounds["is_start"], bounds["is_end"]) if len(bounds) == 2 else None

    def expr(self, element):
        """The SQL of a dimension or entity."""
        if element in self.dimensions:
            return self.dimensions[element]["expr"] or element
        return self.entities[element][1]

    def grain(self, element):
        """The grain of a time dimension; nothing for anything else."""
        d = self.dimensions.get(element)
        return d["type_params"]["time_granularity"] if d and d["type"].lower() == "time" else None

    def has(self, element):
        return element in self.dimensions or element in self.entities


class Manifest:
    def __init__(self, raw):
        self.models = {m["name"]: Model(m) for m in raw["semantic_models"]}
        self.metrics = {m["name"]: m for m in raw["metrics"]}
        self.saved_queries = {q["name"]: q for q in raw.get("saved_queries") or []}
        self.spines, self.custom = {}, {}
        config = raw["project_configuration"]
        for spine in config.get("time_spines") or []:
            column = spine["primary_column"]
            self.spines[column["time_granularity"]] = (spine["node_relation"]["alias"], column["name"])
            for custom in spine.get("custom_granularities") or []:
                self.custom[custom["name"]] = (column["time_granularity"], custom.get("column_name") or custom["name"])
        for spine in config.get("time_spine_table_configurations") or []:
            self.spines.setdefault(spine["grain"], (spine["location"].split(".")[-1], spine["column_name"]))

    def measure(self, named):
        """A measure and its model."""
        for model in self.models.values():
            if named in model.measures:
                return model.measures[named], model
        raise Unsupported(f"no measure is named `{named}`")


class Source:
    """A source of the rule file: a model's table, seen in one way."""

    def __init__(self, project, model, named, table, **keys):
        self.project, self.model, self.name, self.table, self.keys = project, model, named, table, keys
        self.columns, self.relations = {}, {}
        self.time = self.time_column = None

    def column(self, wanted, formula):
        """A column with this formula; the file's own where the formula is its name."""
        if PLAIN.match(formula):
            return name(formula)
        while self.columns.get(wanted, formula) != formula:
            wanted += "_"
        self.columns[wanted] = formula
        return name(wanted)

    def sql(self, text, wanted):
        """A column for a SQL expression over the table."""
        if PLAIN.match(text):
            return name(text)
        tree, _ = parse(text)
        return self.column(wanted, render(tree, lambda t: (name(t[1]), False)))

    def element(self, element):
        """The column of the model's own dimension or entity."""
        return self.sql(self.model.expr(element), f"is_{element}")

    def relation(self, named, **raw):
        self.relations[named] = raw
        return named

    def yaml(self):
        lines = [f"  {self.name}:"]
        if self.table:
            lines.append(f"    path: {json.dumps('${DATA}/' + self.project.file(self.table))}")
        for key, value in self.keys.items():
            lines.append(f"    {key}: {json.dumps(value)}")
        if self.columns:
            lines.append("    columns:")
            lines += [f"      {c}: {{formula: {json.dumps(f)}}}" for c, f in self.columns.items()]
        if self.relations:
            lines.append("    relations:")
            lines += [f"      {r}: {json.dumps(raw)}" for r, raw in self.relations.items()]
        return lines


class Place:
    """A column somewhere: the source that owns it, and the way there from the source that asks."""

    def __init__(self, owner, way, column, grain):
        self.owner, self.way, self.column, self.grain = owner, way, column, grain

    @property
    def path(self):
        return self.way + self.column


class Project:
    """Sources, dimensions and KPIs of one request."""

    def __init__(self, manifest, label, data, as_of):
        self.manifest, self.label, self.data, self.as_of = manifest, label, data, as_of
        self.sources, self.dimensions, self.kpis, self.functions, self.pieces = {}, {}, {}, {}, []

    # Sources

    def source(self, model, named, table, **keys):
        if named not in self.sources:
            self.sources[named] = Source(self, model, named, table, **keys)
        return self.sources[named]

    def facts(self, model, time=None, shift=None, timed=True):
        """The rows of a model: they count by a time dimension (some time later than it says), or always."""
        named = f"{model.name}_rows"
        if time is None:
            return self.source(model, named, model.table)
        if time != model.agg_time:
            named += f"_on_{time}"
        if shift:
            named += "_" + shift.replace(" ", "_") + "_later"
        made = self.source(model, named if timed else named + "_ever", model.table)
        column = made.sql(model.expr(time), f"is_{time}")
        if shift:
            column = made.column("metric_time", f"{column} + {shift}")
        if timed:
            made.keys["time"] = column.strip("`")
        made.time, made.time_column = time, column
        return made

    def spine(self, grain, timed):
        """The days (or seconds ...) that there are."""
        if grain not in self.manifest.spines:
            raise Unsupported(f"no time spine at grain {grain}")
        table, column = self.manifest.spines[grain]
        keys = {"time": column} if timed else {}
        made = self.source(None, f"{grain}_spine", table, **keys)
        made.time, made.time_column = None, column
        return made

    def spine_entity(self, grain):
        table, column = self.manifest.spines[grain]
        return self.source(None, f"{grain}s", table, entity=f"a_{grain}", key=column)

    # Ways to columns

    def find(self, source, links, element):
        """The place of `link__link__element`, seen from a source."""
        model = source.model
        if not links and model.has(element):
            return Place(source, "", source.element(element), model.grain(element))
        if len(links) == 1 and links[0] in model.own_links and model.has(element):
            return Place(source, "", source.element(element), model.grain(element))
        if links and links[0] in model.entities:
            found = self.beyond(source, source, "", links, element, {model.name})
            if found:
                return found
        if not links:
            # An entity of another model that is reached by one of the same name.
            raise Unsupported(f"`{model.name}` has no `{element}`")
        raise Unsupported(f"`{model.name}` does not reach `{'__'.join([*links, element])}`")

    def beyond(self, root, owner, way, links, element, seen):
        for target in self.manifest.models.values():
            if target.name in seen or links[0] not in target.joinable:
                continue
            rest = links[1:]
            if not rest:
                if not target.has(element) or element == links[0]:
                    continue
                there, hop = self.join(root, owner, way, links[0], target)
                return Place(there, hop, there.element(element), target.grain(element))
            if rest[0] in target.entities and self.leads(target, rest, element, seen | {target.name}):
                there, hop = self.join(root, owner, way, links[0], target)
                found = self.beyond(root, there, hop, rest, element, seen | {target.name})
                if found:
                    return found
            if len(rest) == 1 and rest[0] in target.own_links and target.has(element):
                there, hop = self.join(root, owner, way, links[0], target)
                return Place(there, hop, there.element(element), target.grain(element))
        return None

    def leads(self, model, links, element, seen):
        """Whether models lead from one along links to an element."""
        for target in self.manifest.models.values():
            if target.name in seen or links[0] not in target.joinable:
                continue
            rest = links[1:]
            if not rest and target.has(element) and element != links[0]:
                return True
            if rest and rest[0] in target.entities and self.leads(target, rest, element, seen | {target.name}):
                return True
        return False

    def join(self, root, owner, way, link, target):
        """The relation from a source to the rows of a model that an entity names; on the root where partitions take part."""
        key = owner.sql(owner.model.entities[link][1], f"is_{link}")
        shared = [p for p in target.partitions if p in root.model.partitions]
        if target.span and target.entities[link][0] == "natural":
            return self.join_at_moment(root, owner, way, link, key, target)
        named = f"{link}_in_{target.name}" + ("_by_part" if shared else "")
        there = self.source(target, named, target.table, entity=named)
        there.keys["key"] = [there.sql(target.entities[link][1], f"is_{link}").strip("`")]
        there.keys["key"] += [there.element(p).strip("`") for p in shared]
        if shared:
            if way:
                key = root.column(f"{link}_of_{way.replace('.', '_')}", f"{way}{key}")
            keys = [key.strip("`")] + [root.element(p).strip("`") for p in shared]
            return there, root.relation(f"to_{named}", to=named, key=keys) + "."
        return there, way + owner.relation(f"to_{named}", to=named, key=key.strip("`")) + "."

    def join_at_moment(self, root, owner, way, link, key, target):
        """The row of a model with validity that held when the root's row counts."""
        if way:
            key = root.column(f"{link}_of_{way.replace('.', '_')}", f"{way}{key}")
        key = key.strip("`")
        members, version = f"{link}_of_{root.name}", f"{link}_then_in_{target.name}"
        self.source(None, members, None, distinct=f"{root.name}.{key}", entity=members)
        there = self.source(target, f"{target.name}_versions", target.table, entity=version)
        column = there.sql(target.entities[link][1], f"is_{link}").strip("`")
        start, end = (there.sql(e, f"is_{s}").strip("`") for e, s in zip(target.span, ("start", "end")))
        there.keys["key"] = [column, start]
        there.keys["span"] = {"from": start, "to": end}
        there.relation(f"to_{members}", to=members, key=column)
        there.relation("itself", to=version, key=[column, start])
        root.relation(f"to_{members}", to=members, key=key)
        at = (root.time_column or "moment").strip("`")
        return there, root.relation(f"to_{version}", to=version, via=there.name, at=at) + "."

    # Times

    def at_grain(self, place, grain):
        """A time column cut to a grain."""
        if grain is None or grain == place.grain:
            return place.path
        owner, x = place.owner, place.column
        if grain in self.manifest.custom:
            base, column = self.manifest.custom[grain]
            days = self.spine_entity(base)
            if place.grain and finer(place.grain, base):
                x = owner.column(f"{x.strip('`')}__{base}", cut(x, base))
            owner.relation(f"to_{base}_of_{x.strip('`')}", to=days.keys["entity"], key=x.strip("`"))
            return f"{place.way}to_{base}_of_{x.strip('`')}.{name(column)}"
        if grain not in GRAINS:
            raise Unsupported(f"the grain `{grain}`")
        if place.grain and finer(grain, place.grain):
            raise Unsupported(f"a time of grain {place.grain} at the finer grain {grain}")
        return place.way + owner.column(f"{x.strip('`')}__{grain}", cut(x, grain))

    def at_part(self, place, part):
        owner, x = place.owner, place.column
        if part not in PARTS:
            raise Unsupported(f"the date part `{part}`")
        formula = {"dow": f"weekday({x})", "doy": f"(date({x}) - ({cut(x, 'year')})) / 1 day + 1"}.get(part, f"{part}({x})")
        return place.way + owner.column(f"{x.strip('`')}__{part}_part", formula)

    # The rule file

    def file(self, table):
        """The name of a table's file."""
        csv = f"{table}.csv"
        return csv if os.path.exists(os.path.join(self.data, csv)) else f"{table}.parquet"

    def yaml(self):
        lines = [f"project: {json.dumps(self.label)}", f"as_of: {self.as_of}"]
        if self.pieces:
            lines.append("calendar: {periods: pieces.csv}")
        lines += [f"vars: {{DATA: {json.dumps(self.data)}}}", 'allow_paths: ["${DATA}"]', "", "sources:"]
        for source in self.sources.values():
            lines += source.yaml()
        if self.dimensions:
            lines += ["", "dimensions:"]
            lines += [f"  {d}: {json.dumps(paths)}" for d, paths in self.dimensions.items()]
        if self.functions:
            lines += ["", "functions:"] + [f"  {head}: {json.dumps(body)}" for head, body in self.functions.items()]
        lines += ["", "kpis:"]
        for kpi, raw in self.kpis.items():
            lines.append(f"  {kpi}: {json.dumps(raw)}")
        return "\n".join(lines) + "\n"
