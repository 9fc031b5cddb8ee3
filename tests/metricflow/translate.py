#!/usr/bin/env python3
"""Answers the cases of a semantic layer with Rumbo: each manifest and request becomes a rule file and a run of `rumbo`.

  translate.py [CASES_DIR] OUT_DIR [--rumbo BIN] [--only REGEX] [--left-out FILE] [--jobs N]

CASES_DIR is the folder with `cases.jsonl`, `models/` and `data/`, else $METRICFLOW_CASES.  For each case OUT_DIR gets
`<id>.csv` in the form that its `compare.py` reads, or `<id>.err` with the reason; `projects/<id>/rumbo.yaml` is the rule
file and `projects/<id>/commands` the run.  README.md says what is translated into what.
"""

import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from project import Manifest, Project  # noqa: E402
from request import Request  # noqa: E402
from sql import Unsupported  # noqa: E402

NO_RESULT = (2, 64)
# What Rumbo refuses because the language means it so.
DELIBERATE = {
    "E0307": "conversions of an entity whose key is several columns",
    "E0605": "a join that repeats rows: only many-to-one hops exist",
    "E0508": "an offset that is no whole number of periods",
}
TABLE = """# Cases without an answer

Written by `translate.py --left-out`. *Left out*: what the language does not say, or means otherwise. *Refused*: an error of Rumbo.

| case | | why |
|---|---|---|
"""


def run(binary, folder, args):
    """The rows of a run."""
    done = subprocess.run([binary, "run", folder, *args], capture_output=True, text=True, timeout=600)
    if done.returncode in NO_RESULT or done.returncode < 0:
        raise RuntimeError(told(done.stdout) or told(done.stderr) or f"exit {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def told(text):
    """The headlines of the errors in a run's JSON."""
    try:
        found = [d for d in json.loads(text)["diagnostics"] if d["severity"] == "error"]
    except (ValueError, KeyError):
        return text.strip()
    return "; ".join(dict.fromkeys(f"{d['code']} {d['headline']}" for d in found))


def write_project(folder, project):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "rumbo.yaml"), "w", encoding="utf-8") as file:
        file.write(project.yaml())
    if project.pieces:
        with open(os.path.join(folder, "pieces.csv"), "w", encoding="utf-8") as file:
            file.writelines(["grain,label,start,end\n", *(f"piece,from {a},{a},{b}\n" for a, b in project.pieces)])


def days(manifest, data, folder, binary):
    """The first and last day of the manifest's days, as Rumbo says."""
    project = Project(manifest, "days", data, "9999-12-30")
    spine = project.spine("day", False)
    for end in ("min", "max"):
        project.kpis[end] = {"formula": f"{end}({spine.name}.{spine.time_column})", "grain": "year"}
    write_project(folder, project)
    found = run(binary, folder, ["--from", "2020-01-01", "--to", "2021-01-01", "--format", "ndjson"])
    by = {r["kpi"]: r["exact"][:10] for r in found}
    return by["min"], by["max"]


def field(value):
    """A field of CSV: nothing where there is no value, quotes around an empty text."""
    if value is None:
        return ""
    if value == "" or any(c in value for c in ',"\r\n'):
        return '"' + value.replace('"', '""') + '"'
    return value


def answer(case, manifest, data, spine_range, out, binary):
    """Writes one case's answer, or why there is none."""
    base = os.path.join(out, case["id"])
    for old in (base + ".csv", base + ".err"):
        if os.path.exists(old):
            os.remove(old)
    folder = os.path.join(out, "projects", case["id"])
    try:
        request = Request(manifest, case, data, spine_range)
        write_project(folder, request.project)
        runs = request.runs()
        with open(os.path.join(folder, "commands"), "w", encoding="utf-8") as file:
            file.writelines(" ".join(["rumbo", "run", ".", *args]) + "\n" for args in runs)
        header, lines = request.rows(*(run(binary, folder, args) for args in runs))
    except Unsupported as reason:
        kind, text = "left out", str(reason)
    except RuntimeError as reason:
        kind, text = "refused", str(reason)
        for code, meaning in DELIBERATE.items():
            if text.startswith(code):
                kind, text = "left out", f"{meaning} ({text})"
    else:
        with open(base + ".csv", "w", encoding="utf-8", newline="") as file:
            for row in [header, *lines]:
                text = ",".join(field(v) for v in row)
                file.write((text or "\\N") + "\n")
        return "answered", ""
    with open(base + ".err", "w", encoding="utf-8") as file:
        file.write(f"{kind}: {text}\n")
    return kind, text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="DIR", help="[CASES_DIR] OUT_DIR")
    parser.add_argument("--rumbo", default="target/debug/rumbo")
    parser.add_argument("--only", help="a pattern that the ids have to match")
    parser.add_argument("--left-out", metavar="FILE", help="writes the table of cases that are left out")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    if len(args.folders) > 2:
        parser.error("at most two folders")
    out = os.path.abspath(args.folders[-1])
    cases_dir = args.folders[0] if len(args.folders) == 2 else os.environ.get("METRICFLOW_CASES")
    if not cases_dir:
        parser.error("where are the cases? give their folder, or set METRICFLOW_CASES")
    cases_dir, binary = os.path.abspath(cases_dir), os.path.abspath(args.rumbo)
    with open(os.path.join(cases_dir, "cases.jsonl"), encoding="utf-8") as file:
        cases = [json.loads(line) for line in file]
    cases = [c for c in cases if c.get("status", "ok") == "ok" and (not args.only or re.search(args.only, c["id"]))]
    data, manifests, ranges = os.path.join(cases_dir, "data"), {}, {}
    for path in sorted({c["manifest"] for c in cases}):
        with open(os.path.join(cases_dir, re.sub(r"\.yaml$", ".resolved.json", path)), encoding="utf-8") as file:
            manifests[path] = Manifest(json.load(file))
        folder = os.path.join(out, "projects", "days-of-" + os.path.basename(path).split(".")[0])
        ranges[path] = days(manifests[path], data, folder, binary)

    def one(case):
        path = case["manifest"]
        return case["id"], *answer(case, manifests[path], data, ranges[path], out, binary)

    counts, left_out = {}, []
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for named, kind, text in pool.map(one, cases):
            counts[kind] = counts.get(kind, 0) + 1
            if kind != "answered":
                print(f"{kind}: {named}: {text.splitlines()[0]}")
                left_out.append(f"| {named} | {kind} | {text.splitlines()[0].replace('|', '&#124;')} |\n")
    if args.left_out:
        with open(args.left_out, "w", encoding="utf-8") as file:
            file.writelines([TABLE, *left_out])
    print(", ".join(f"{n} {kind}" for kind, n in sorted(counts.items())))


if __name__ == "__main__":
    main()
