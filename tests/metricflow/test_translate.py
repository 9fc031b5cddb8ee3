#!/usr/bin/env python3
"""Tests of the translator, with a small manifest of our own: formulas, and with a `rumbo` also results.

    python3 tests/metricflow/test_translate.py        # RUMBO=target/debug/rumbo for another program
"""

import datetime
import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from project import Manifest  # noqa: E402
from request import Request  # noqa: E402
from sql import Unsupported, parse, reference, render  # noqa: E402

RUMBO = os.environ.get("RUMBO") or os.path.join(HERE, "..", "..", "target", "debug", "rumbo")


def model(name, entities, dimensions, measures=(), time=None):
    return {
        "name": name,
        "node_relation": {"alias": name},
        "defaults": {"agg_time_dimension": time},
        "entities": [{"name": n, "type": kind, "expr": expr} for n, kind, expr in entities],
        "dimensions": [
            {"name": n, "type": "time" if grain else "categorical", "expr": None, "type_params": {"time_granularity": grain}}
            for n, grain in dimensions
        ],
        "measures": [{"name": n, "agg": agg, "expr": expr} for n, agg, expr in measures],
    }


def metric(name, kind, condition=None, **params):
    empty = dict.fromkeys(("measure", "numerator", "denominator", "metrics", "expr", "window", "grain_to_date"))
    return {
        "name": name,
        "type": kind,
        "filter": {"where_filters": [{"where_sql_template": condition}]} if condition else None,
        "type_params": {**empty, **params},
    }


def week_ago(name):
    return {"name": name, "alias": "before", "offset_window": {"count": 7, "granularity": "day"}}


MANIFEST = {
    "semantic_models": [
        model(
            "orders",
            [("order", "primary", "order_id"), ("shop", "foreign", "shop_id")],
            [("placed_on", "day"), ("is_gift", None)],
            [("revenue", "sum", "value"), ("orders", "sum", "1"), ("buyers", "count_distinct", "buyer")],
            "placed_on",
        ),
        model("shops", [("shop", "primary", "shop_id")], [("city", None)]),
    ],
    "metrics": [
        metric("revenue", "simple", measure={"name": "revenue"}),
        metric("orders", "simple", measure={"name": "orders"}),
        metric("gifts", "simple", "{{ Dimension('order__is_gift') }}", measure={"name": "orders"}),
        metric("mean_order", "ratio", numerator={"name": "revenue"}, denominator={"name": "orders"}),
        metric("growth", "derived", expr="revenue - before", metrics=[{"name": "revenue"}, week_ago("revenue")]),
        metric("ever", "cumulative", measure={"name": "revenue"}),
        metric("buyers_3_days", "cumulative", measure={"name": "buyers"}, window={"count": 3, "granularity": "day"}),
        metric("filled", "simple", measure={"name": "orders", "fill_nulls_with": 0, "join_to_timespine": True}),
    ],
    "project_configuration": {
        "time_spine_table_configurations": [{"location": "main.days", "column_name": "day", "grain": "day"}]
    },
}
TABLES = {
    "orders": """order_id,shop_id,placed_on,value,is_gift,buyer
1,s1,2026-01-01,10,true,a
2,s1,2026-01-01,20,false,b
3,s2,2026-01-08,40,false,a
4,s9,2026-01-10,5,true,c
""",
    "shops": "shop_id,city\ns1,Lugo\ns2,Vigo\n",
    "days": "day\n" + "".join(f"{datetime.date(2026, 1, 1) + datetime.timedelta(n)}\n" for n in range(31)),
}


def request(data="", **case):
    return Request(Manifest(MANIFEST), {"id": "a", **case}, data, ("2026-01-01", "2026-01-31"))


def formula(text):
    return render(parse(text)[0], lambda node: (node[1], node[1].endswith("_on")))


class Expressions(unittest.TestCase):
    def test_operators_and_precedence(self):
        self.assertEqual(formula("a + b * 2 <> 3 OR NOT c"), "(((a + (b * 2)) != 3) or (not c))")
        self.assertEqual(formula("a IN ('x', 'y') AND b IS NOT NULL"), '((a in ("x", "y")) and (b is not missing))')

    def test_texts_beside_times_are_days(self):
        self.assertEqual(formula("placed_on >= '2026-01-02'"), "(placed_on >= 2026-01-02)")
        self.assertEqual(formula("CAST(placed_on AS TIMESTAMP) < CAST('2026-01-02' AS TIMESTAMP)"), "(placed_on < 2026-01-02)")
        self.assertEqual(formula("code = '2026-01-02'"), '(code = "2026-01-02")')

    def test_null_and_case(self):
        self.assertEqual(formula("a / NULLIF(b, 0)"), "(a / if(b = 0, 1 / 0, b))")
        self.assertEqual(formula("CASE WHEN a THEN 1 ELSE 0 END"), "if(coalesce(a, false), 1, 0)")

    def test_what_formulas_lack(self):
        for text in ("a || b", "now()", "CAST(a AS VARCHAR)", "a LIKE 'x_y'"):
            with self.assertRaises(Unsupported, msg=text):
                formula(text)

    def test_references(self):
        found = reference("TimeDimension('order__placed_on', 'week', entity_path=['shop'])")
        self.assertEqual((found.kind, found.name, found.grain), ("TimeDimension", "shop__order__placed_on", "week"))
        self.assertEqual(reference("Metric('orders', group_by=['shop'])").group_by, ("shop",))


class Formulas(unittest.TestCase):
    def kpi(self, name, **case):
        return request(metrics=[name], **case).project.kpis[name]["formula"]

    def test_a_sum_of_nothing_is_missing(self):
        self.assertEqual(self.kpi("revenue"), "or_missing(sum(orders_rows.value), count(orders_rows))")

    def test_a_filter_is_a_where(self):
        self.assertIn("count(orders_rows where is_gift)", self.kpi("gifts"))

    def test_metrics_of_metrics(self):
        by_day = {"group_by": ["metric_time"]}
        self.assertEqual(self.kpi("mean_order"), "revenue / orders")
        self.assertEqual(self.kpi("growth", **by_day), "(revenue - ago(revenue, 7 days))")
        self.assertEqual(self.kpi("buyers_3_days", **by_day), "(count_distinct(orders_rows.buyer)) over last 3 days")

    def test_an_offset_moves_rows_where_periods_do_not_fit(self):
        made = request(metrics=["growth"], group_by=["metric_time__month"])
        self.assertIn("orders_rows_7_days_later", made.project.sources)

    def test_dimensions_behind_entities_are_paths(self):
        made = request(metrics=["revenue"], group_by=["shop__city"])
        self.assertEqual(made.project.dimensions, {"by_shop__city": {"orders_rows": "to_shop_in_shops.city"}})

    def test_what_is_left_out(self):
        for case in (
            {"metrics": ["revenue"], "group_by": ["buyer__city"]},
            {"metrics": ["buyers_3_days"]},
            {"metrics": ["growth"], "group_by": ["metric_time__hour"]},
        ):
            with self.assertRaises(Unsupported, msg=str(case)):
                request(**case)


@unittest.skipUnless(os.path.exists(RUMBO), "no rumbo is built; RUMBO names one")
class Results(unittest.TestCase):
    """The whole way: cases and data in a folder, answers in another."""

    CASES = {
        "by-city": ({"metrics": ["revenue", "orders"], "group_by": ["shop__city"]}, "Lugo,30,2 Vigo,40,1 ,5,1"),
        "total": ({"metrics": ["mean_order"]}, "18.75"),
        "gifts": ({"metrics": ["gifts"], "group_by": ["metric_time"]}, "2026-01-01,1 2026-01-10,1"),
        "growth": (
            {"metrics": ["growth"], "group_by": ["metric_time"], "order_by": ["-metric_time"]},
            "2026-01-17, 2026-01-15, 2026-01-10, 2026-01-08,10 2026-01-01,",
        ),
        "ever": ({"metrics": ["ever"], "group_by": ["metric_time"], "time_constraint": ["2026-01-07", "2026-01-08"]},
                 "2026-01-07,30 2026-01-08,70"),
        "filled": ({"metrics": ["filled"], "group_by": ["metric_time"], "time_constraint": ["2026-01-08", "2026-01-09"]},
                   "2026-01-08,1 2026-01-09,0"),
        "busy-shops": ({"metrics": ["revenue"], "where": "{{ Metric('orders', ['shop']) }} > 1"}, "30"),
        "cities": ({"group_by": ["shop__city"], "limit": 1, "order_by": ["-shop__city"]}, "Vigo"),
        "since": ({"metrics": ["orders"], "where": "{{ TimeDimension('metric_time', 'day') }} > '2026-01-01'"}, "2"),
    }

    def test_results(self):
        with tempfile.TemporaryDirectory() as folder:
            for part in ("data", "models"):
                os.mkdir(os.path.join(folder, part))
            for table, text in TABLES.items():
                with open(os.path.join(folder, "data", f"{table}.csv"), "w", encoding="utf-8") as file:
                    file.write(text)
            with open(os.path.join(folder, "models", "shop.resolved.json"), "w", encoding="utf-8") as file:
                json.dump(MANIFEST, file)
            with open(os.path.join(folder, "cases.jsonl"), "w", encoding="utf-8") as file:
                for named, (case, _) in self.CASES.items():
                    file.write(json.dumps({"id": named, "manifest": "models/shop.yaml", **case}) + "\n")
            out, command = os.path.join(folder, "out"), [sys.executable, os.path.join(HERE, "translate.py")]
            done = subprocess.run([*command, folder, out, "--rumbo", RUMBO], capture_output=True, text=True)
            self.assertEqual(done.stdout, f"{len(self.CASES)} answered\n", done.stderr)
            for named, (case, wanted) in self.CASES.items():
                with self.subTest(named), open(os.path.join(out, f"{named}.csv"), encoding="utf-8") as file:
                    lines = file.read().splitlines()[1:]
                    if not case.get("order_by"):
                        lines, wanted = sorted(lines), " ".join(sorted(wanted.split(" ")))
                    self.assertEqual(" ".join(lines), wanted)


if __name__ == "__main__":
    unittest.main()
