"""What a request names: things to group by, conditions, durations, and the periods that days lie in."""

import datetime

from project import GRAINS
from sql import Unsupported, conjuncts, parse, walk


class Item:
    """What is grouped by: a time (at a grain, or a part of it), a dimension or an entity."""

    def __init__(self, links, element, grain=None, part=None):
        self.links, self.element, self.grain, self.part = list(links), element, grain, part
        self.is_period = self.is_metric_time = False

    @property
    def label(self):
        parts = [*self.links, self.element]
        if self.part:
            parts.append(f"extract_{self.part}")
        elif self.grain:
            parts.append(self.grain)
        return "__".join(parts)

    def key(self):
        return (*self.links, self.element)


class Filter:
    """A condition that all rows have to meet."""

    def __init__(self, tree, refs):
        self.tree = tree
        self.items = {}
        for node in walk(tree):
            if node[0] == "ref":
                self.items[node] = refs[node[1]]
            elif node[0] == "name":
                self.items[node] = None

    def text(self):
        return repr(self.tree) + repr(sorted((repr(k), repr(v)) for k, v in self.items.items()))


def filters_of(templates):
    """The conditions in `where` templates."""
    found = []
    for template in templates:
        tree, refs = parse(template)
        found += [Filter(t, refs) for t in conjuncts(tree)]
    return found


def templates(raw):
    return [f["where_sql_template"] for f in (raw or {}).get("where_filters") or []]


def span(window):
    """`{"count": 2, "granularity": "month"}` as Rumbo writes it."""
    unit = window["granularity"].lower()
    unit = unit[:-1] if unit.endswith("s") else unit
    if unit not in GRAINS[GRAINS.index("second") :]:
        raise Unsupported(f"a window or offset in units of `{unit}`")
    return f"{window['count']} {unit}{'' if window['count'] == 1 else 's'}"


def period_of(day, grain):
    """The first day of the period that a day lies in: how a day is shown at a coarser grain."""
    d = datetime.date.fromisoformat(day)
    if grain == "week":
        d -= datetime.timedelta(days=d.weekday())
    elif grain == "month":
        d = d.replace(day=1)
    elif grain == "quarter":
        d = d.replace(month=(d.month - 1) // 3 * 3 + 1, day=1)
    elif grain == "year":
        d = d.replace(month=1, day=1)
    return d.isoformat()


def end_of(day, grains):
    """The last day of the periods of these grains that a day lies in."""
    d, after = datetime.date.fromisoformat(day), datetime.timedelta(days=1)
    while any(period_of((d + after).isoformat(), g) == period_of(day, g) for g in grains):
        d += after
    return d.isoformat()


def pieces(first, last, grains):
    """The periods that the borders of several grains make: each lies in one period of every grain."""
    day, end, found = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last), []
    while day <= end:
        shown = tuple(period_of(day.isoformat(), g) for g in grains)
        if not found or found[-1][0] != shown:
            found.append((shown, day))
        day += datetime.timedelta(days=1)
    borders = [start.isoformat() for _, start in found] + [(end + datetime.timedelta(days=1)).isoformat()]
    return list(zip(borders, borders[1:]))
