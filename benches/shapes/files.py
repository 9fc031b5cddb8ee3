"""The Parquet files of the shapes, made once, the same in every run.

Every value is decided by its row's number and a column's, so that neither threads nor batches show. Rows
stand in the order of their first day, as a system that appends writes them.
"""

import pathlib

import duckdb

# The as-of: the last day of the data.
AS_OF = "2025-12-31"

# `r(row, column)` is a number from 0 (included) to 1 (excluded).
RANDOM = "CREATE OR REPLACE MACRO r(i, c) AS (hash(i * 16 + c) >> 11) / 9007199254740992.0"

# Ten years; spans from three days to eight years, most of them short, and one row in ten that never ends.
# An end after the as-of is not known yet, so about one row in five is still active.
SPANS = """
SELECT i + 1 AS {key}, {more} started_on,
       CASE WHEN r(i, 1) >= 0.1 AND started_on + days <= DATE '{as_of}' THEN started_on + days END AS ended_on
FROM (SELECT i, DATE '2016-01-01' + CAST(floor(i * 3653.0 / {rows}) AS INTEGER) AS started_on,
             CAST(3 * 1000 ** r(i, 2) AS INTEGER) AS days
      FROM range({rows}) t(i))
"""

SEGMENTS = "['small', 'medium', 'large', 'public', 'schools', 'health', 'partners', 'other']"

# The named columns of four or three years, rising, with some disorder within the hour.
TIME = """TIMESTAMP '{first}-01-01' + to_microseconds(CAST(
    floor(i * (date_diff('second', DATE '{first}-01-01', DATE '2026-01-01') - 3600.0) / {rows})
    + floor(r(i, 3) * 3600) AS BIGINT) * 1000000)"""


def queries(rows):
    """The query that makes each file."""
    as_of = AS_OF
    return {
        "subscriptions": SPANS.format(key="subscription_id", more="", rows=rows, as_of=as_of),
        "accounts": SPANS.format(
            key="account_id",
            more=f"{SEGMENTS}[1 + CAST(floor(8 * r(i, 4) ** 2) AS INTEGER)] AS segment,",
            rows=rows,
            as_of=as_of,
        ),
        "orders": f"""
            SELECT i + 1 AS order_id, 1 + CAST(floor(r(i, 1) * {rows // 10}) AS BIGINT) AS customer_id,
                   {TIME.format(first=2022, rows=rows)} AS ordered_at
            FROM range({rows}) t(i)""",
        "people": f"""
            SELECT i + 1 AS person_id, ['north', 'south', 'east', 'west'][1 + i % 4] AS region
            FROM range({rows // 2}) t(i)""",
        "leads": f"""
            SELECT i + 1 AS lead_id, 1 + CAST(floor(r(i, 1) * {rows // 2}) AS BIGINT) AS person_id,
                   {TIME.format(first=2023, rows=rows)} AS created_at,
                   ['web', 'fair', 'partner'][1 + CAST(floor(r(i, 2) * 3) AS INTEGER)] AS channel
            FROM range({rows}) t(i)""",
        "deals": f"""
            SELECT i + 1 AS deal_id, 1 + CAST(floor(r(i, 5) * {rows // 2}) AS BIGINT) AS person_id,
                   {TIME.format(first=2023, rows=rows // 4)} AS closed_at
            FROM range({rows // 4}) t(i)""",
    }


def make(folder: pathlib.Path, rows: int) -> pathlib.Path:
    """Makes the files of so many rows where they are not there yet; their folder."""
    here = folder / f"shapes-{rows // 1_000_000}m"
    here.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect()
    con.execute(RANDOM)
    for name, query in queries(rows).items():
        path = here / f"{name}.parquet"
        if path.exists():
            continue
        unfinished = path.with_suffix(".unfinished")
        con.execute(f"COPY ({query}) TO '{unfinished}' (FORMAT parquet, COMPRESSION zstd)")
        unfinished.rename(path)
        print(f"made {path} ({path.stat().st_size / 1e6:.0f} MB)")
    return here
