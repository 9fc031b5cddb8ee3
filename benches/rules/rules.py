#!/usr/bin/env python3
"""What alignment rules take beside the KPIs that they read: 200 rules over 50 KPIs, 12 quarters and 1,000 reps, which
is 2.4 million verdicts, on 10 million orders.

    pip install duckdb
    cargo build --release --locked
    python3 benches/rules/rules.py --rumbo target/release/rumbo

The files are made once in RUMBO_BENCH_DIR, else in `rumbo-bench` of the system's temp folder: about 200 MB. Both sides
are processes of the same binary over the same project, with its rules and without them, in turn; time and memory are
those of a process, from its start to its last byte, with all results written to a file.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import duckdb

ROWS, REPS = 10_000_000, 1_000
FIRST, AFTER, QUARTERS = "2023-01-01", "2026-01-01", 12
KINDS = ["new", "renewal", "upsell", "cross_sell", "service"]
MOST_RATIO, MOST_MEMORY = 1.5, 2_000

# Every value is decided by its row's number and a column's, so that neither threads nor batches show.
RANDOM = "CREATE OR REPLACE MACRO r(i, c) AS (hash(i * 16 + c) >> 11) / 9007199254740992.0"

# A rep's size and a quarter's luck show in what is sold, so that conditions hold for some and not for others.
FILES = {
    "orders": f"""
        SELECT day, 'r' || lpad(rep::VARCHAR, 4, '0') AS rep_id, customer_id, kind,
               CAST(20 + 400 * luck * r(i, 5) AS DECIMAL(12, 2)) AS amount,
               CAST(10 + 200 * r(i, 6) AS DECIMAL(12, 2)) AS cost, r(i, 7) < 0.4 * luck + 0.2 AS won,
               CAST(floor(1 + 60 * r(i, 8)) AS INTEGER) AS days
        FROM (SELECT *, 0.6 + 0.8 * r(rep * 64 + quarter, 9) AS luck
              FROM (SELECT i, DATE '{FIRST}' + CAST(floor(i * 1096.0 / {ROWS}) AS INTEGER) AS day,
                           CAST(floor({REPS} * r(i, 1)) AS INTEGER) AS rep,
                           CAST(floor(i * {QUARTERS}.0 / {ROWS}) AS INTEGER) AS quarter,
                           CAST(floor(50000 * r(i, 2)) AS INTEGER) AS customer_id,
                           {KINDS}[1 + CAST(floor({len(KINDS)} * r(i, 3)) AS INTEGER)] AS kind
                    FROM range({ROWS}) t(i)))""",
    "reps": f"SELECT 'r' || lpad(i::VARCHAR, 4, '0') AS rep_id FROM range({REPS}) t(i)",
}

PROJECT = """\
project: rules-benchmark
as_of: 2025-12-31
vars: {DATA: env}
allow_paths: ["${DATA}"]
sources:
  orders:
    path: "${DATA}/orders.parquet"
    time: day
    columns: {amount: {unit: EUR}, cost: {unit: EUR}}
    relations: {rep: {to: rep, key: rep_id}}
  reps: {path: "${DATA}/reps.parquet", entity: rep, key: rep_id}
"""

# Ten of each kind of order: additive ones, averages, shares, ratios, distinct customers.
KPIS = {
    "revenue": ("sum(orders.amount where kind = '{kind}')", "higher", "38000 EUR"),
    "orders": ("count(orders where kind = '{kind}')", "higher", "166"),
    "costs": ("sum(orders.cost where kind = '{kind}')", "lower", "18500 EUR"),
    "margin": ("sum(orders.amount where kind = '{kind}') - sum(orders.cost where kind = '{kind}')", "higher", "19000 EUR"),
    "margin_rate": ("{kind}_margin / {kind}_revenue", "higher", "45%"),
    "size": ("avg(orders.amount where kind = '{kind}')", "higher", "220 EUR"),
    "largest": ("max(orders.amount where kind = '{kind}')", "higher", "400 EUR"),
    "win_rate": ("share(orders.won where kind = '{kind}')", "higher", "60%"),
    "customers": ("count_distinct(orders.customer_id where kind = '{kind}')", "higher", "160"),
    "duration": ("avg(orders.days where kind = '{kind}')", "lower", "30"),
}

# Four questions about each KPI.
RULES = {
    "misses": "{kpi} is off_track and {other} is on_track",
    "falls": "growth({kpi}) < -10%",
    "lags": "{kpi} < 70% * previous({kpi}) or {kpi}.attainment < 80%",
    "sinks": "trend({kpi}, 4 periods) < 0 and {kpi} is off_track",
}


def project(folder, rules):
    """Writes the project, with its rules or without them."""
    folder.mkdir()
    lines = [PROJECT, "kpis:"]
    names = [f"{kind}_{name}" for kind in KINDS for name in KPIS]
    for kind in KINDS:
        for name, (formula, better, target) in KPIS.items():
            formula = json.dumps(formula.format(kind=kind))
            lines.append(f"  {kind}_{name}: {{formula: {formula}, better: {better}, target: {target}, grain: [quarter], by: [rep]}}")
    if rules:
        lines.append("rules:")
        for at, kpi in enumerate(names):
            other = names[(at + 7) % len(names)]
            for name, when in RULES.items():
                when = json.dumps(when.format(kpi=kpi, other=other))
                message = json.dumps(f"{{rep}}: {{{kpi}}}")
                lines.append(
                    f"  {name}_{kpi}: {{axis: areas, each: rep, grain: quarter, for: 2 periods, "
                    f"when: {when}, message: {message}}}"
                )
    (folder / "rumbo.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def run(command, environment):
    """Wall seconds, CPU seconds and the most memory of a process, in MB."""
    start = time.perf_counter()
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"rumbo ended with {status}: {' '.join(command)}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rumbo", required=True, help="the release binary")
    parser.add_argument("--times", type=int, default=3)
    asked = parser.parse_args()
    place = pathlib.Path(os.environ.get("RUMBO_BENCH_DIR") or pathlib.Path(tempfile.gettempdir()) / "rumbo-bench") / "rules"
    place.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute(RANDOM)
    for name, query in FILES.items():
        if not (place / f"{name}.parquet").exists():
            unfinished = place / f"{name}.unfinished"
            connection.execute(f"COPY ({query}) TO '{unfinished}' (FORMAT parquet, COMPRESSION zstd)")
            unfinished.rename(place / f"{name}.parquet")
    environment = {**os.environ, "DATA": str(place)}
    print(f"load before {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        sides = {False: project(folder / "kpis", False), True: project(folder / "rules", True)}
        taken = {side: [] for side in sides}

        def command(side, verb, *more):
            between = ["--from", FIRST, "--to", AFTER, "--quiet"]
            return [asked.rumbo, verb, str(sides[side]), *between, *more]

        judged = subprocess.run(
            command(True, "align", "--format", "json", "--fail-on", "never", "--verdict", "fires"),
            env=environment, capture_output=True, check=True,
        )
        counts = json.loads(judged.stdout)["summary"]["verdicts"]
        if sum(counts.values()) != len(KINDS) * len(KPIS) * len(RULES) * QUARTERS * REPS:
            sys.exit(f"not every rep is judged by every rule in every quarter: {counts}")
        print(", ".join(f"{count:,} {verdict}" for verdict, count in counts.items() if count))
        for _ in range(asked.times):
            for side in sides:
                out = folder / f"out-{side}.parquet"
                taken[side].append(run(command(side, "run", "--output", str(out)), environment))
    found = {side: [statistics.median(t[at] for t in runs) for at in range(3)] for side, runs in taken.items()}
    for side, label in ((False, "KPIs alone"), (True, "KPIs and rules")):
        wall, cpu, memory = found[side]
        print(f"{label:20}{wall * 1000:8.0f} ms{cpu * 1000:8.0f} ms of CPU{memory:8.0f} MB")
    ratio = [found[True][at] / found[False][at] for at in (0, 1)]
    print(f"ratio {ratio[0]:.2f}, of CPU {ratio[1]:.2f} (at most {MOST_RATIO}); memory at most {MOST_MEMORY} MB")
    print(f"load after {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
