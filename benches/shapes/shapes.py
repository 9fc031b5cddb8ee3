#!/usr/bin/env python3
"""What KPIs over stocks, windows and conversions take: how the time grows with rows and with periods, and DuckDB's
time for the same beside it.

    pip install duckdb
    cargo build --release --locked
    python3 benches/shapes/shapes.py --rumbo target/release/rumbo

Files are made once in RUMBO_BENCH_DIR, else in `rumbo-bench` of the system's temp folder: about 300 MB. Both sides
read the same files on the same number of threads, in turn; the values are compared before any time is printed.
Rumbo's time is that of a process, from its start to its last byte; DuckDB's that of a new database in a process that
runs already. CPU times are printed too: on a machine that does other work they say more.
"""

import argparse
import csv
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import duckdb

import files
import queries

HERE = pathlib.Path(__file__).resolve().parent
STARTS = {12: "2025-01-01", 36: "2023-01-01"}
MOST_RATIO, MOST_ROWS, MOST_PERIODS = 3.0, 12.0, 1.5


class Rumbo:
    """A process for each run."""

    def __init__(self, binary, data):
        self.binary = binary
        self.environment = {**os.environ, "DATA": str(data)}

    def run(self, kpi, first):
        command = [self.binary, "run", str(HERE), "--kpi", kpi, "--from", first, "--to", "2026-01-01"]
        command += ["--format", "csv", "--quiet"]
        with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
            start = time.perf_counter()
            child = subprocess.Popen(command, stdout=out, env=self.environment)
            _, status, usage = os.wait4(child.pid, 0)
            wall = time.perf_counter() - start
            if status != 0:
                sys.exit(f"rumbo ended with {status}: {' '.join(command)}")
            out.seek(0)
            # A total has no member.
            values = {(r["period"], r.get("segment", "")): float(r["value"]) for r in csv.DictReader(out)}
        return values, wall, usage.ru_utime + usage.ru_stime


class DuckDB:
    """A new database for each run, so that neither side keeps anything from the run before."""

    def __init__(self, data, threads):
        self.data = data
        self.threads = threads

    def run(self, kpi, first):
        start, cpu = time.perf_counter(), time.process_time()
        with duckdb.connect(config={"threads": self.threads}) as connection:
            rows = connection.execute(queries.CASES[kpi][1](self.data, first)).fetchall()
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
        return {(period, segment): float(value) for period, segment, value in rows}, wall, cpu


def same(kpi, ours, theirs):
    """Ends the benchmark where the sides do not agree."""
    if ours.keys() != theirs.keys():
        sys.exit(f"{kpi}: cells differ: {sorted(ours.keys() ^ theirs.keys())[:5]}")
    for cell, value in ours.items():
        if abs(value - theirs[cell]) > 1e-12 * max(1.0, abs(value)):
            sys.exit(f"{kpi} {cell}: Rumbo has {value!r}, DuckDB {theirs[cell]!r}")


def measure(kpi, first, sides, times):
    """Compares the sides, then runs them in turn: the medians of wall and CPU seconds of each."""
    same(kpi, *(side.run(kpi, first)[0] for side in sides))
    taken = [[side.run(kpi, first)[1:] for side in sides] for _ in range(times)]
    return [tuple(statistics.median(run[s][t] for run in taken) for t in (0, 1)) for s in (0, 1)]


def mark(value, most):
    return f"{value:7.2f}{'!' if value > most else ' '}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rumbo", required=True, help="the release binary")
    parser.add_argument("--kpi", action="append", choices=queries.CASES, help="only this one")
    parser.add_argument("--rows", type=int, action="append", choices=(1, 10), help="only so many million")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    folder = os.environ.get("RUMBO_BENCH_DIR") or pathlib.Path(tempfile.gettempdir()) / "rumbo-bench"
    sizes, kpis = asked.rows or [1, 10], asked.kpi or list(queries.CASES)
    places = {rows: files.make(pathlib.Path(folder), rows * 1_000_000) for rows in sizes}
    load = " ".join(f"{l:.1f}" for l in os.getloadavg())
    print(f"DuckDB {duckdb.__version__}, {asked.threads} threads, load before {load}")
    print("medians of 5 runs at 1 M rows, of 3 at 10 M, sides in turn; wall time, and ratios of wall and of CPU time\n")
    print(f"{'':38}{'rows':>5}{'periods':>9}{'Rumbo':>11}{'DuckDB':>11}{'ratio':>8}{'of CPU':>9}")
    found = {}
    for kpi in kpis:
        for rows in sizes:
            sides = (Rumbo(asked.rumbo, places[rows]), DuckDB(places[rows], asked.threads))
            for periods, first in STARTS.items():
                ours, theirs = measure(kpi, first, sides, 5 if rows == 1 else 3)
                found[kpi, rows, periods] = ours, theirs
                print(
                    f"{queries.CASES[kpi][0]:38}{rows:>3} M{periods:>9}"
                    f"{ours[0] * 1000:8.0f} ms{theirs[0] * 1000:8.0f} ms"
                    f"{mark(ours[0] / theirs[0], MOST_RATIO)}{mark(ours[1] / theirs[1], MOST_RATIO)}",
                    flush=True,
                )
    print(f"\nratio: at most {MOST_RATIO:g}; `!` is over\n")
    grown(found, kpis, sizes)


def grown(found, kpis, sizes):
    """How many times the time, of wall and of CPU, for more rows and for more periods."""
    print(f"{'times the time (wall, CPU) for':38}{'':16}{'Rumbo':>15}{'':5}{'DuckDB':>11}")

    def line(kpi, what, more, less, most):
        ours, theirs = ([more[s][t] / less[s][t] for t in (0, 1)] for s in (0, 1))
        shown = f"{mark(ours[0], most)}{mark(ours[1], most)}   {theirs[0]:7.2f} {theirs[1]:7.2f}"
        print(f"{queries.CASES[kpi][0]:38}{what:18}{shown}")

    for kpi in kpis:
        if len(sizes) > 1:
            for periods in STARTS:
                few, many = found[kpi, 1, periods], found[kpi, 10, periods]
                line(kpi, f"rows x10, {periods}", many, few, MOST_ROWS)
        for rows in sizes:
            line(kpi, f"periods x3, {rows} M", found[kpi, rows, 36], found[kpi, rows, 12], MOST_PERIODS)
    print(f"\nexpected: rows x10 at most {MOST_ROWS:g}, periods x3 at most {MOST_PERIODS:g}")
    load = " ".join(f"{l:.1f}" for l in os.getloadavg())
    print(f"load after {load}")


if __name__ == "__main__":
    main()
