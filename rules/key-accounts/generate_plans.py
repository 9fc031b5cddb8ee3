"""Makes data/plan_reviews.csv and data/meetings.csv from the key accounts of data/accounts.parquet, always the
same: which quarter lacks a review or a meeting comes from a hash of the account and the quarter. Needs DuckDB."""

import csv
import datetime
import hashlib
from pathlib import Path

import duckdb

HERE = Path(__file__).parent / "data"
LAST = datetime.date(2026, 1, 31)


def drawn(*parts):
    return int(hashlib.md5("|".join(map(str, parts)).encode()).hexdigest(), 16)


def write(name, header, letter, rows):
    with open(HERE / name, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        for number, (day, account) in enumerate(sorted(rows), 1):
            out.writerow([f"{letter}{number:04}", account, day])


def main():
    query = f"select account_id, started_on, ended_on from '{HERE / 'accounts.parquet'}' where is_key order by 1"
    accounts = duckdb.sql(query).fetchall()
    reviews, meetings = [], []
    for year in range(2023, 2027):
        for quarter in range(4):
            start = datetime.date(year, quarter * 3 + 1, 1)
            for account, started, ended in accounts:
                if started > start or (ended is not None and ended <= start):
                    continue
                if drawn("r", account, year, quarter) % 10 < 8:
                    reviews.append((start + datetime.timedelta(drawn("d", account, year, quarter) % 80), account))
                for which in range(1 + drawn("m", account, year, quarter) % 2):
                    if drawn("x", account, year, quarter, which) % 10 < 9:
                        day = drawn("e", account, year, quarter, which) % 85
                        meetings.append((start + datetime.timedelta(day), account))
    known = lambda rows: [row for row in rows if row[0] <= LAST]
    write("plan_reviews.csv", ["review_id", "account_id", "reviewed_on"], "P", known(reviews))
    write("meetings.csv", ["meeting_id", "account_id", "held_on"], "M", known(meetings))


main()
