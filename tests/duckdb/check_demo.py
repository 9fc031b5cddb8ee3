#!/usr/bin/env python3
"""Compares every value of the demo project with SQL written by hand for DuckDB.

    pip install -r tests/duckdb/requirements.txt
    python3 tests/duckdb/check_demo.py target/debug/rumbo      # or RUMBO=target/debug/rumbo

Runs `rumbo run` over `rules/key-accounts` as it is shipped and computes the same KPIs from the same files, each by a
query below that says what the KPI is defined to be (docs/kpis.md), not how Rumbo computes it. All KPIs, grains and
breakdowns are compared, cell by cell: counts and decimals exactly, floats to 1e-9 of their size; where one has no value
the other must have none. A KPI, breakdown or cell that only one of the two knows is a difference too.

    --kpi a,b      compare only these
    --project DIR  another copy of the demo
    --show N       differences shown for each KPI (5)
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

try:
    import duckdb
except ImportError:
    sys.exit("check_demo: duckdb is not installed: pip install -r tests/duckdb/requirements.txt")

ROOT = Path(__file__).resolve().parents[2]

# ------------------------------------------------------------------------------------------------ the files

# The as-of is 2026-01-31. Without --from the last twelve periods of each grain are shown, up to the one that holds it.
SETUP = """
CREATE TABLE periods AS
    SELECT 'month' AS grain, opens::DATE AS opens, (opens + INTERVAL 1 MONTH)::DATE AS closes
    FROM generate_series(TIMESTAMP '2025-02-01', TIMESTAMP '2026-01-01', INTERVAL 1 MONTH) AS t(opens)
    UNION ALL
    SELECT 'quarter', opens::DATE, (opens + INTERVAL 3 MONTH)::DATE
    FROM generate_series(TIMESTAMP '2023-04-01', TIMESTAMP '2026-01-01', INTERVAL 3 MONTH) AS t(opens);
-- where the last twelve months of a period begin
ALTER TABLE periods ADD COLUMN year_ago DATE;
UPDATE periods SET year_ago = (closes - INTERVAL 12 MONTH)::DATE;

CREATE TABLE accounts AS FROM read_parquet('$data/accounts.parquet');
CREATE TABLE account_owners AS FROM read_csv('$data/account_owners.csv');
CREATE TABLE reps AS FROM read_csv('$data/reps.csv');
CREATE TABLE invoices AS FROM read_parquet('$data/invoices.parquet');
CREATE TABLE opportunities AS
    SELECT * REPLACE (amount::DECIMAL(12, 2) AS amount)
    FROM read_csv('$data/opportunities.csv', all_varchar = false,
                  types = {'opportunity_id': 'VARCHAR', 'amount': 'DECIMAL(12,2)'});
CREATE TABLE touches AS
    FROM read_csv('$data/touches.csv.gz', types = {'opportunity_id': 'VARCHAR'});
-- meetings planned after the as-of are not there yet
CREATE TABLE interactions AS
    FROM read_csv('$data/interactions.csv', types = {'resolved_hours': 'DECIMAL(8,1)'})
    WHERE "at" < DATE '2026-02-01';
CREATE TABLE referrals AS FROM read_csv('$data/referrals.csv', types = {'opportunity_id': 'VARCHAR'});
CREATE TABLE mentions AS FROM read_csv('$data/mentions.csv');
CREATE TABLE goals AS
    FROM read_csv('$data/goals.csv', types = {'baseline': 'DECIMAL(8,1)', 'target': 'DECIMAL(8,1)',
                                              'actual': 'DECIMAL(8,1)'});
CREATE TABLE employee_surveys AS
    SELECT * REPLACE (CASE WHEN recommend BETWEEN 0 AND 10 THEN recommend END AS recommend)
    FROM read_csv('$data/employee_surveys.csv');

-- Excel's file: its last day is `ends_on`, the first day after it `ended_on`. An end after the as-of is not known yet.
CREATE TABLE contracts AS
    WITH file AS (
        SELECT "Nº contrato" AS contract_id, Cuenta AS account_id, Servicios::INT AS services,
               strptime(Inicio, '%d/%m/%Y')::DATE AS started_on, strptime(Fin, '%d/%m/%Y')::DATE AS ends_on,
               replace(replace("Cuota mensual", '.', ''), ',', '.')::DECIMAL(12, 2) AS mrr, "Renueva a" AS renews
        FROM read_csv('$data/contracts.csv', delim = ';', encoding = 'latin-1', all_varchar = true))
    SELECT * REPLACE (CASE WHEN ends_on <= DATE '2026-01-31' THEN ends_on END AS ends_on),
           CASE WHEN ends_on <= DATE '2026-01-31' THEN ends_on + 1 END AS ended_on,
           (SELECT min(later.started_on) FROM file AS later WHERE later.renews = file.contract_id) AS renewed_on
    FROM file;

-- Of a survey that was answered twice the last answer counts (of two at one moment the greater), and then only a score
-- on the scale.
CREATE TABLE surveys AS
    SELECT * EXCLUDE (place) REPLACE (CASE WHEN nps BETWEEN 0 AND 10 THEN nps END AS nps,
                                      CASE WHEN csat BETWEEN 1 AND 5 THEN csat END AS csat)
    FROM (SELECT *, row_number() OVER (PARTITION BY survey_id ORDER BY answered_at DESC NULLS LAST,
                                       nps DESC NULLS LAST, csat DESC NULLS LAST) AS place
          FROM read_csv('$data/surveys.csv'))
    WHERE place = 1;

-- who looked after an account on a day: from `valid_from` on, and on the day of a change the new one
CREATE MACRO owner_on(account, day) AS (
    SELECT o.rep_id FROM account_owners AS o
    WHERE o.account_id = account AND o.valid_from <= day AND (o.valid_to IS NULL OR day < o.valid_to));

-- a local time as a moment: of two that the clock shows in autumn the earlier, of none in spring the one an hour later
CREATE MACRO moment(local) AS (
    CASE WHEN timezone('Europe/Madrid', timezone('Europe/Madrid', local::TIMESTAMP) - INTERVAL 1 HOUR) = local::TIMESTAMP
         THEN timezone('Europe/Madrid', local::TIMESTAMP) - INTERVAL 1 HOUR
         ELSE timezone('Europe/Madrid', local::TIMESTAMP) END);
CREATE MACRO hours_from(a, b) AS ((epoch_us(moment(b)) - epoch_us(moment(a))) / 3.6e9);

-- a / b, none where b is 0 or missing
CREATE MACRO ratio(a, b) AS (a::DOUBLE / nullif(b::DOUBLE, 0));

-- invoices with what their account says of them; some have none, or one that was deleted
CREATE VIEW billed AS
    SELECT i.*, a.account_id AS account, a.segment, a.channel AS origin, i.source AS channel
    FROM invoices AS i LEFT JOIN accounts AS a USING (account_id);

-- customers at the opening of a period (who started on its first day is new) and at its close
CREATE TABLE opening AS
    SELECT p.*, a.*, a.channel AS origin, owner_on(a.account_id, p.opens - 1) AS rep
    FROM periods AS p
    JOIN accounts AS a ON a.started_on < p.opens AND (a.ended_on IS NULL OR a.ended_on >= p.opens);
CREATE TABLE closing AS
    SELECT p.*, a.*, a.channel AS origin, owner_on(a.account_id, p.closes - 1) AS rep
    FROM periods AS p
    JOIN accounts AS a ON a.started_on < p.closes AND (a.ended_on IS NULL OR a.ended_on >= p.closes);
-- customers of a year before the close, and which of them are gone
CREATE TABLE year_ago AS
    SELECT p.*, a.*, a.channel AS origin, owner_on(a.account_id, p.year_ago - 1) AS rep,
           coalesce(a.ended_on < p.closes, false) AS lost
    FROM periods AS p
    JOIN accounts AS a ON a.started_on < p.year_ago AND (a.ended_on IS NULL OR a.ended_on >= p.year_ago);

-- fees and services of each account in the opening and at the close; 0 where it had no contract then
CREATE TABLE contracted AS
    SELECT o.*,
           coalesce((SELECT sum(c.mrr) FROM contracts AS c WHERE c.account_id = o.account_id
                     AND c.started_on < o.opens AND (c.ended_on IS NULL OR c.ended_on >= o.opens)), 0) AS mrr_before,
           coalesce((SELECT sum(c.mrr) FROM contracts AS c WHERE c.account_id = o.account_id
                     AND c.started_on < o.closes AND (c.ended_on IS NULL OR c.ended_on >= o.closes)), 0) AS mrr_after,
           coalesce((SELECT sum(c.services) FROM contracts AS c WHERE c.account_id = o.account_id
                     AND c.started_on < o.opens AND (c.ended_on IS NULL OR c.ended_on >= o.opens)), 0) AS services_before,
           coalesce((SELECT sum(c.services) FROM contracts AS c WHERE c.account_id = o.account_id
                     AND c.started_on < o.closes AND (c.ended_on IS NULL OR c.ended_on >= o.closes)), 0) AS services_after
    FROM opening AS o;

-- what lifetime value is made of: invoices of the last twelve months, customers before and after, those lost
CREATE TABLE customer_years AS
    SELECT p.*, owner_on(b.account, b.issued_on) AS rep, b.segment, b.origin, b.amount, b.cost,
           0 AS before, 0 AS after, 0 AS lost
    FROM periods AS p JOIN billed AS b ON b.issued_on >= p.year_ago AND b.issued_on < p.closes
    WHERE b.account IS NOT NULL
    UNION ALL BY NAME
    SELECT grain, opens, closes, year_ago, rep, segment, origin, 1 AS before, 0 AS after, lost::INT AS lost FROM year_ago
    UNION ALL BY NAME
    SELECT grain, opens, closes, year_ago, rep, segment, origin, 0 AS before, 1 AS after, 0 AS lost FROM closing;

-- requests: what was promised is kept, or not, or not yet known
CREATE TABLE requests AS
    SELECT p.*, i.account_id, a.segment, a.is_key, owner_on(i.account_id, i."at") AS rep,
           i.resolved_hours <= i.sla_hours AS kept
    FROM periods AS p
    JOIN interactions AS i ON i."at" >= p.opens AND i."at" < p.closes
    LEFT JOIN accounts AS a USING (account_id)
    WHERE i.sla_hours IS NOT NULL
      AND (i.resolved_hours IS NOT NULL OR hours_from(i."at", p.closes) > i.sla_hours);

-- prospects: whoever was touched; who touched first and through what channel
CREATE TABLE prospects AS
    SELECT prospect_id, min("at") AS first_touch_at, arg_min(rep_id, "at") AS rep, arg_min(channel, "at") AS channel,
           CASE WHEN count(*) <= 2 THEN '1-2' WHEN count(*) <= 5 THEN '3-5' WHEN count(*) <= 9 THEN '6-9' ELSE '10+' END
           AS touch_band
    FROM touches WHERE prospect_id IS NOT NULL GROUP BY prospect_id;
"""

# ------------------------------------------------------------------------------------------------ the KPIs

KPIS = {}

UNJUDGED = {"no_target", "too_few_rows", "stale", "not_active"}


def kpi(name, by, sql, grain=("quarter",), empty=None):
    """One KPI: its breakdowns beside the total, and its query.

    The query gives a row for each period and member. `$keys` stands for the columns that name a cell, `$sets` for the
    grouping sets of the total and of each breakdown. Where it gives no row for a member in a period, nothing was seen
    there, and the value is `empty`: 0 for counts and sums, else none."""
    KPIS[name] = {"by": [(b,) if isinstance(b, str) else tuple(b) for b in by], "grain": grain, "sql": sql,
                  "empty": empty}


# --- revenue.yaml

kpi("revenue", ["segment"], empty=0, sql="""
    SELECT $keys, sum(amount) FROM periods JOIN billed ON issued_on >= opens AND issued_on < closes GROUP BY $sets""")

kpi("average_invoice", [], sql="""
    SELECT $keys, ratio(sum(amount), count(*)) FROM periods JOIN billed ON issued_on >= opens AND issued_on < closes
    WHERE amount >= 0 GROUP BY $sets""")

kpi("median_invoice", [], sql="""
    SELECT $keys, quantile_cont(amount::DOUBLE, 0.5)
    FROM periods JOIN billed ON issued_on >= opens AND issued_on < closes WHERE amount >= 0 GROUP BY $sets""")

kpi("accounts_invoiced", [], empty=0, sql="""
    SELECT $keys, count(DISTINCT account)
    FROM periods JOIN billed ON issued_on >= opens AND issued_on < closes GROUP BY $sets""")

kpi("revenue_per_invoiced_account", [], sql="""
    SELECT $keys, ratio(sum(amount), count(DISTINCT account))
    FROM periods JOIN billed ON issued_on >= opens AND issued_on < closes GROUP BY $sets""")

# in a segment, the two largest of that segment
kpi("top_customers_share", ["segment"], sql="""
    WITH each AS (
        SELECT $keys, account, sum(amount) AS amount
        FROM periods JOIN billed ON issued_on >= opens AND issued_on < closes
        WHERE account IS NOT NULL GROUP BY account, $sets),
    ranked AS (SELECT *, row_number() OVER (PARTITION BY grain, opens, segment, without_segment
                                            ORDER BY amount DESC) AS place FROM each)
    SELECT grain, opens, segment, without_segment, ratio(sum(amount) FILTER (place <= 2), sum(amount))
    FROM ranked GROUP BY grain, opens, segment, without_segment""")

# --- 1, value.yaml: per customer and year over the mean of the customers before and after; a lifetime is 1 / churn

kpi("customer_value", ["rep", "segment", "origin"], sql="""
    SELECT $keys, ratio(coalesce(sum(amount), 0), (sum(before) + sum(after)) / 2)
    FROM customer_years GROUP BY $sets""")

kpi("customer_margin", ["rep", "segment", "origin"], sql="""
    SELECT $keys, ratio(coalesce(sum(amount), 0) - coalesce(sum(cost), 0), (sum(before) + sum(after)) / 2)
    FROM customer_years GROUP BY $sets""")

kpi("customer_lifetime", ["rep", "segment", "origin"], sql="""
    WITH churn AS (SELECT $keys, avg(lost::INT) AS rate FROM year_ago GROUP BY $sets)
    SELECT * EXCLUDE (rate), CASE WHEN rate = 0 THEN 10 WHEN 1 / rate > 10 THEN 10 ELSE 1 / rate END FROM churn""")

kpi("clv_revenue", ["rep", "segment", "origin"], sql="""
    WITH parts AS (
        SELECT $keys, ratio(coalesce(sum(amount), 0), (sum(before) + sum(after)) / 2) AS value,
               ratio(sum(lost), sum(before)) AS churn
        FROM customer_years GROUP BY $sets)
    SELECT * EXCLUDE (value, churn), value * CASE WHEN churn IS NULL THEN NULL WHEN churn < 0.1 THEN 10 ELSE 1 / churn END
    FROM parts""")

kpi("clv_margin", ["rep", "segment", "origin"], sql="""
    WITH parts AS (
        SELECT $keys, ratio(coalesce(sum(amount), 0) - coalesce(sum(cost), 0), (sum(before) + sum(after)) / 2) AS value,
               ratio(sum(lost), sum(before)) AS churn
        FROM customer_years GROUP BY $sets)
    SELECT * EXCLUDE (value, churn), value * CASE WHEN churn IS NULL THEN NULL WHEN churn < 0.1 THEN 10 ELSE 1 / churn END
    FROM parts""")

# m r / (1 + i - r) with i = 10%
kpi("clv_discounted", ["rep", "segment", "origin"], sql="""
    WITH parts AS (
        SELECT $keys, ratio(coalesce(sum(amount), 0) - coalesce(sum(cost), 0), (sum(before) + sum(after)) / 2) AS value,
               1 - ratio(sum(lost), sum(before)) AS stay
        FROM customer_years GROUP BY $sets)
    SELECT * EXCLUDE (value, stay), value * stay / (1 + 0.1::DOUBLE - stay) FROM parts""")

# --- 2, referrals.yaml

kpi("referred_accounts_share", ["rep", "segment"], sql="""
    WITH fresh AS (
        SELECT p.*, a.segment, a.channel, owner_on(a.account_id, a.started_on) AS rep
        FROM periods AS p JOIN accounts AS a ON a.started_on >= p.opens AND a.started_on < p.closes)
    SELECT $keys, avg((channel = 'referral')::INT) FROM fresh WHERE channel IS NOT NULL GROUP BY $sets""")

kpi("recommendations", ["rep", "segment"], empty=0, sql="""
    WITH made AS (
        SELECT p.*, a.segment, owner_on(a.account_id, r.referred_on) AS rep
        FROM periods AS p JOIN referrals AS r ON r.referred_on >= p.opens AND r.referred_on < p.closes
        LEFT JOIN accounts AS a USING (account_id))
    SELECT $keys, count(*) FROM made GROUP BY $sets""")

kpi("referring_accounts", ["rep", "segment"], sql="""
    SELECT $keys, avg(EXISTS (FROM referrals AS r WHERE r.account_id = o.account_id
                              AND r.referred_on >= o.opens AND r.referred_on < o.closes)::INT)
    FROM opening AS o GROUP BY $sets""")

kpi("key_mentions", ["rep", "network"], empty=0, sql="""
    WITH made AS (
        SELECT p.*, m.network, owner_on(a.account_id, m."at") AS rep
        FROM periods AS p JOIN mentions AS m ON m."at" >= p.opens AND m."at" < p.closes
        JOIN accounts AS a USING (account_id) WHERE a.is_key)
    SELECT $keys, count(*) FROM made GROUP BY $sets""")

kpi("net_sentiment", ["network"], sql="""
    SELECT $keys, avg((sentiment = 'positive')::INT) - avg((sentiment = 'negative')::INT)
    FROM periods JOIN mentions ON "at" >= opens AND "at" < closes GROUP BY $sets""")

# --- 3, satisfaction.yaml

ANSWERS = """
    WITH answers AS (
        SELECT p.*, s.kind, s.nps, s.csat, s.collected_by AS survey_channel, a.segment, owner_on(a.account_id, s.answered_at) AS rep
        FROM periods AS p JOIN surveys AS s ON s.answered_at >= p.opens AND s.answered_at < p.closes
        LEFT JOIN accounts AS a USING (account_id))"""

kpi("csat", ["rep", "segment", "survey_channel"], sql=ANSWERS + """
    SELECT $keys, avg((csat >= 4)::INT) FROM answers WHERE kind = 'csat' GROUP BY $sets""")

kpi("nps", ["rep", "segment"], sql=ANSWERS + """
    SELECT $keys, avg((nps >= 9)::INT) - avg((nps <= 6)::INT) FROM answers WHERE kind = 'nps' GROUP BY $sets""")

# 1.96 standard errors of a mean of 1, 0 and -1
kpi("nps_error", ["rep", "segment"], sql=ANSWERS + """
    SELECT $keys, 1.96 * sqrt(var_pop(CASE WHEN nps >= 9 THEN 1 WHEN nps >= 7 THEN 0 WHEN nps >= 0 THEN -1 END)
                              / nullif(count(nps), 0))
    FROM answers GROUP BY $sets""")

kpi("survey_response", ["segment", "survey_channel"], sql="""
    WITH sent AS (
        SELECT p.*, s.answered_at, s.collected_by AS survey_channel, a.segment
        FROM periods AS p JOIN surveys AS s ON s.sent_on >= p.opens AND s.sent_on < p.closes
        LEFT JOIN accounts AS a USING (account_id))
    SELECT $keys, ratio(count(answered_at), count(*)) FROM sent GROUP BY $sets""")

# --- 4, goals.yaml: what was due up to the as-of

DUE = """
    WITH due AS (
        SELECT p.*, g.weight, g.indicator AS goal_kind, a.segment, owner_on(a.account_id, g.due_on) AS rep,
               CASE WHEN g.target >= g.baseline THEN g.actual >= g.target ELSE g.actual <= g.target END AS reached,
               ratio(g.actual - g.baseline, g.target - g.baseline) AS way
        FROM periods AS p JOIN goals AS g ON g.due_on >= p.opens AND g.due_on < p.closes AND g.due_on <= DATE '2026-01-31'
        LEFT JOIN accounts AS a USING (account_id))"""

kpi("goals_reached", ["rep", "segment", "goal_kind"], sql=DUE + """
    SELECT $keys, avg(reached::INT) FROM due GROUP BY $sets""")

kpi("goal_progress", ["rep", "segment", "goal_kind"], sql=DUE + """
    SELECT $keys, ratio(sum(weight * CASE WHEN way < 0 THEN 0 WHEN way > 1 THEN 1 ELSE way END),
                        sum(weight) FILTER (way IS NOT NULL))
    FROM due GROUP BY $sets""")

TALKS = """
    WITH talks AS (
        SELECT p.*, i.account_id, i.direction, i.minutes, i.resolved_hours, i.rep_id AS rep, a.segment
        FROM periods AS p JOIN interactions AS i ON i."at" >= p.opens AND i."at" < p.closes
        LEFT JOIN accounts AS a USING (account_id))"""

kpi("contact_minutes", ["rep", "segment"], empty=0, sql=TALKS + """
    SELECT $keys, sum(minutes) FROM talks GROUP BY $sets""")

kpi("contact_costs", ["rep"], empty=0, sql=TALKS + """
    SELECT $keys, count(*) * 25 FROM talks GROUP BY $sets""")

WON = """
    WITH won AS (
        SELECT p.*, d.* EXCLUDE (rep_id), d.rep_id AS rep
        FROM periods AS p JOIN opportunities AS d ON d.closed_on >= p.opens AND d.closed_on < p.closes
        WHERE d.stage = 'won')"""

kpi("won_amount", ["rep", "segment"], empty=0, sql=WON + """
    SELECT $keys, sum(amount) FROM won GROUP BY $sets""")

# an account with nothing won counts with 0
kpi("expansion_per_account", ["rep", "segment"], sql="""
    SELECT $keys, avg(coalesce((SELECT sum(d.amount) FROM opportunities AS d
                                WHERE d.account_id = o.account_id AND d.stage = 'won' AND d.kind IN ('upsell', 'cross')
                                AND d.closed_on >= o.opens AND d.closed_on < o.closes), 0)::DOUBLE)
    FROM opening AS o GROUP BY $sets""")

# the place by minutes less the place by amount, per account of a year ago; equal ones share the better place. The whole
# is the first in both.
kpi("input_output_gap", ["rep"], sql="""
    WITH each AS (
        SELECT y.grain, y.opens, y.rep,
               (SELECT CASE WHEN count(*) = 0 THEN 0 ELSE sum(i.minutes) END FROM interactions AS i
                WHERE i.account_id = y.account_id AND i."at" >= y.year_ago AND i."at" < y.closes) AS minutes,
               (SELECT coalesce(sum(d.amount), 0) FROM opportunities AS d
                WHERE d.account_id = y.account_id AND d.stage = 'won' AND d.kind IN ('upsell', 'cross')
                AND d.closed_on >= y.year_ago AND d.closed_on < y.closes) AS amount
        FROM year_ago AS y),
    people AS (SELECT grain, opens, rep, avg(minutes) AS minutes, avg(amount::DOUBLE) AS amount FROM each GROUP BY ALL),
    places AS (
        SELECT *, rank() OVER (PARTITION BY grain, opens ORDER BY minutes DESC)
                  - rank() OVER (PARTITION BY grain, opens ORDER BY amount DESC) AS value
        FROM people WHERE rep IS NOT NULL)
    SELECT grain, opens, rep, 0 AS without_rep, value FROM places
    UNION ALL SELECT grain, opens, NULL, 0, NULL FROM people WHERE rep IS NULL
    UNION ALL SELECT grain, opens, NULL, 1, 0 FROM periods""")

# --- 5, interaction.yaml

kpi("contacts_in", ["rep", "segment"], empty=0, sql=TALKS + """
    SELECT $keys, count(*) FROM talks WHERE direction = 'in' GROUP BY $sets""")

kpi("contacts_out", ["rep", "segment"], empty=0, sql=TALKS + """
    SELECT $keys, count(*) FROM talks WHERE direction = 'out' GROUP BY $sets""")

kpi("contacts_in_share", ["rep", "segment"], sql=TALKS + """
    SELECT $keys, avg((direction = 'in')::INT) FROM talks GROUP BY $sets""")

# an account without contacts had 0 minutes; one whose contacts all lack them is unknown
kpi("minutes_per_account", ["rep", "segment"], sql=TALKS + """,
    spent AS (SELECT grain, opens, account_id, sum(minutes) AS minutes FROM talks GROUP BY ALL)
    SELECT $keys, avg(CASE WHEN s.account_id IS NULL THEN 0 ELSE s.minutes END)
    FROM opening AS o LEFT JOIN spent AS s USING (grain, opens, account_id) GROUP BY $sets""")

# in days of 24 hours, by the account's owner at the second contact
kpi("longest_gap", ["rep", "segment"], sql="""
    WITH pauses AS (
        SELECT i."at", a.segment, owner_on(i.account_id, i."at") AS rep,
               hours_from(lag(i."at") OVER (PARTITION BY i.account_id ORDER BY i."at"), i."at") / 24 AS days
        FROM interactions AS i JOIN accounts AS a USING (account_id))
    SELECT $keys, max(days) FROM periods JOIN pauses ON "at" >= opens AND "at" < closes GROUP BY $sets""")

kpi("silent_accounts", ["rep", "segment"], sql="""
    SELECT $keys, avg((NOT EXISTS (FROM interactions AS i WHERE i.account_id = c.account_id
                                   AND i."at" >= c.opens AND i."at" < c.closes))::INT)
    FROM closing AS c GROUP BY $sets""")

kpi("median_resolution", ["rep", "segment"], sql=TALKS + """
    SELECT $keys, quantile_cont(resolved_hours::DOUBLE, 0.5) FROM talks GROUP BY $sets""")

kpi("p90_resolution", ["rep", "segment"], sql=TALKS + """
    SELECT $keys, quantile_cont(resolved_hours::DOUBLE, 0.9) FROM talks GROUP BY $sets""")

# --- 6 and 9, growth.yaml

kpi("referral_sales_share", ["rep", "segment"], sql=WON + """
    SELECT $keys, ratio(coalesce(sum(amount) FILTER (channel = 'referral'), 0), sum(amount))
    FROM won WHERE channel IS NOT NULL GROUP BY $sets""")

# of those with an invoice in the last twelve months; by who had them when those months began, or they did, or, of one who
# was gone before, on the last day
kpi("repeat_customers", ["rep", "segment", "origin"], sql="""
    WITH bought AS (
        SELECT p.grain, p.opens, a.account_id, any_value(a.segment) AS segment, any_value(a.channel) AS origin,
               count(*) >= 2 AS again,
               any_value(owner_on(a.account_id,
                         CASE WHEN a.ended_on <= p.year_ago THEN a.ended_on - 1
                              WHEN a.started_on > p.year_ago THEN a.started_on ELSE p.year_ago END)) AS rep
        FROM periods AS p JOIN invoices AS i ON i.issued_on >= p.year_ago AND i.issued_on < p.closes
        JOIN accounts AS a USING (account_id) WHERE i.amount >= 0
        GROUP BY p.grain, p.opens, a.account_id)
    SELECT $keys, avg(again::INT) FROM bought GROUP BY $sets""")

kpi("new_to_repeat_ratio", ["rep", "segment", "channel"], sql="""
    WITH b AS (SELECT p.*, x.rep_id AS rep, x.segment, x.channel, x.kind, x.amount
               FROM periods AS p JOIN billed AS x ON x.issued_on >= p.opens AND x.issued_on < p.closes
               WHERE x.kind IS NOT NULL)
    SELECT $keys, ratio(coalesce(sum(amount) FILTER (kind = 'new'), 0), sum(amount) FILTER (kind != 'new'))
    FROM b GROUP BY $sets""")

kpi("expansion_pipeline", ["rep", "segment"], sql="""
    SELECT $keys, avg(EXISTS (FROM opportunities AS d WHERE d.account_id = c.account_id AND d.kind IN ('upsell', 'cross')
                              AND d.created_on < c.closes AND (d.closed_on IS NULL OR d.closed_on >= c.closes))::INT)
    FROM closing AS c GROUP BY $sets""")

for rate, sort in (("upsell_rate", "upsell"), ("cross_sell_rate", "cross")):
    kpi(rate, ["rep", "segment", "origin"], sql=f"""
    SELECT $keys, avg(EXISTS (FROM opportunities AS d WHERE d.account_id = o.account_id AND d.kind = '{sort}'
                              AND d.stage = 'won' AND d.closed_on >= o.opens AND d.closed_on < o.closes)::INT)
    FROM opening AS o GROUP BY $sets""")

kpi("sla_attainment", ["rep", "segment"], sql="""
    SELECT $keys, avg(coalesce(kept, false)::INT) FROM requests GROUP BY $sets""")

# by who had the account when the period began, or the account did; of one who was gone before, on the last day
kpi("sla_worst_account", ["rep", "segment"], sql="""
    WITH each AS (
        SELECT r.grain, r.opens, r.account_id, any_value(r.segment) AS segment, avg(coalesce(r.kept, false)::INT) AS kept,
               any_value(owner_on(a.account_id,
                         CASE WHEN a.ended_on <= r.opens THEN a.ended_on - 1
                              WHEN a.started_on > r.opens THEN a.started_on ELSE r.opens END)) AS rep
        FROM requests AS r JOIN accounts AS a USING (account_id) WHERE a.is_key
        GROUP BY r.grain, r.opens, r.account_id)
    SELECT $keys, min(kept) FROM each GROUP BY $sets""")

FORCE = """
    WITH force AS (
        SELECT p.*, c.mrr, c.services, a.segment, owner_on(a.account_id, p.closes - 1) AS rep
        FROM periods AS p JOIN contracts AS c
          ON c.started_on < p.closes AND (c.ended_on IS NULL OR c.ended_on >= p.closes)
        LEFT JOIN accounts AS a USING (account_id))"""

kpi("scope_of_work", ["rep", "segment"], empty=0, sql=FORCE + """
    SELECT $keys, sum(services) FROM force GROUP BY $sets""")

kpi("scope_growth", ["rep", "segment"], sql="""
    SELECT $keys, ratio(sum(services_after), sum(services_before)) - 1 FROM contracted WHERE is_key GROUP BY $sets""")

# --- 7 and 10, sales.yaml

kpi("new_accounts", ["rep", "segment", "origin"], empty=0, sql="""
    WITH fresh AS (
        SELECT p.*, a.segment, a.channel AS origin, owner_on(a.account_id, a.started_on) AS rep
        FROM periods AS p JOIN accounts AS a ON a.started_on >= p.opens AND a.started_on < p.closes)
    SELECT $keys, count(*) FROM fresh GROUP BY $sets""")

kpi("win_rate", ["channel"], sql="""
    WITH closed AS (
        SELECT p.*, d.channel, d.stage
        FROM periods AS p JOIN opportunities AS d ON d.closed_on >= p.opens AND d.closed_on < p.closes
        WHERE d.stage IN ('won', 'lost'))
    SELECT $keys, avg((stage = 'won')::INT) FROM closed GROUP BY $sets""")

# won less than 90 days after the first touch; a day and a moment are compared by their days
kpi("acquisition_rate", ["rep", "channel", "touch_band"], sql="""
    SELECT $keys, avg(EXISTS (FROM opportunities AS d WHERE d.prospect_id = x.prospect_id AND d.stage = 'won'
                              AND d.closed_on - x.first_touch_at::DATE BETWEEN 0 AND 89)::INT)
    FROM periods JOIN prospects AS x ON x.first_touch_at >= opens AND x.first_touch_at < closes GROUP BY $sets""")

NEW = WON + """,
    deals AS (SELECT w.*, (SELECT count(*) FROM touches AS t WHERE t.opportunity_id = w.opportunity_id
                           AND t."at"::DATE <= w.closed_on) AS touched FROM won AS w WHERE kind = 'new')"""

kpi("contacts_to_close", ["rep", "segment", "channel"], sql=NEW + """
    SELECT $keys, avg(touched) FROM deals GROUP BY $sets""")

kpi("median_contacts_to_close", ["rep", "segment", "channel"], sql=NEW + """
    SELECT $keys, quantile_cont(touched::DOUBLE, 0.5) FROM deals GROUP BY $sets""")

# --- 8, employees.yaml: what has fewer than five answers (or askings) is withheld, and then the next smallest too, until
# two departments and five answers are (docs/results.md)

WITHHELD = """,
    ranked AS (
        SELECT *, bool_or(n < 5) OVER (PARTITION BY grain, opens, without_department) AS any_small,
               coalesce(sum(n) OVER lesser, 0) AS n_lesser, count(*) OVER lesser AS lesser
        FROM counted WHERE n > 0
        WINDOW lesser AS (PARTITION BY grain, opens, without_department ORDER BY n, department
                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
    SELECT grain, opens, department, without_department,
           CASE WHEN n >= 5 AND NOT (any_small AND (lesser < 2 OR n_lesser < 5)) THEN value END
    FROM ranked"""

kpi("enps", ["department"], sql="""
    WITH counted AS (
        SELECT $keys, count(recommend) AS n, avg((recommend >= 9)::INT) - avg((recommend <= 6)::INT) AS value
        FROM (SELECT p.*, e.recommend, e.area AS department
              FROM periods AS p JOIN employee_surveys AS e ON e.answered_on >= p.opens AND e.answered_on < p.closes)
        GROUP BY $sets)""" + WITHHELD)

kpi("employee_response", ["department"], sql="""
    WITH counted AS (
        SELECT $keys, count(*) AS n, ratio(count(answered_on), count(*)) AS value
        FROM (SELECT p.*, e.answered_on, e.area AS department
              FROM periods AS p JOIN employee_surveys AS e ON e.sent_on >= p.opens AND e.sent_on < p.closes)
        GROUP BY $sets)""" + WITHHELD)

# --- 11 and 9, retention.yaml

BOTH = ("month", "quarter")

kpi("active_accounts", ["rep", "segment", "origin"], grain=BOTH, empty=0, sql="""
    SELECT $keys, count(*) FROM closing GROUP BY $sets""")

kpi("lost_accounts", ["rep", "segment"], grain=BOTH, empty=0, sql="""
    WITH gone AS (
        SELECT p.*, a.segment, owner_on(a.account_id, a.ended_on) AS rep
        FROM periods AS p JOIN accounts AS a ON a.ended_on >= p.opens AND a.ended_on < p.closes)
    SELECT $keys, count(*) FROM gone GROUP BY $sets""")

kpi("returned_accounts", ["segment"], empty=0, sql="""
    SELECT $keys, count(*) FROM periods JOIN accounts ON returned_on >= opens AND returned_on < closes GROUP BY $sets""")

kpi("churn_rate", ["rep", "segment", "origin", ["rep", "segment"]], grain=BOTH, sql="""
    SELECT $keys, avg(coalesce(ended_on < closes, false)::INT) FROM opening GROUP BY $sets""")

kpi("voluntary_churn", ["rep", "segment", "origin"], sql="""
    SELECT $keys, avg(coalesce(ended_on < closes AND left_because IN ('cancelled', 'not_renewed'), false)::INT)
    FROM opening GROUP BY $sets""")

kpi("yearly_churn", ["rep", "segment", "origin"], sql="""
    SELECT $keys, avg(lost::INT) FROM year_ago GROUP BY $sets""")

kpi("recurring_revenue", ["rep", "segment"], grain=BOTH, empty=0, sql=FORCE + """
    SELECT $keys, sum(mrr) FROM force GROUP BY $sets""")

kpi("net_revenue_retention", ["rep", "segment", "origin"], grain=BOTH, sql="""
    SELECT $keys, ratio(sum(mrr_after), sum(mrr_before)) FROM contracted WHERE mrr_before > 0 GROUP BY $sets""")

kpi("gross_revenue_retention", ["rep", "segment", "origin"], grain=BOTH, sql="""
    SELECT $keys, ratio(sum(CASE WHEN mrr_after < mrr_before THEN mrr_after ELSE mrr_before END), sum(mrr_before))
    FROM contracted WHERE mrr_before > 0 GROUP BY $sets""")

# what was lost with those who left or pay less
kpi("revenue_churn", ["rep", "segment", "origin"], grain=BOTH, sql="""
    SELECT $keys, ratio(sum(CASE WHEN mrr_after < mrr_before THEN mrr_before - mrr_after ELSE 0 END), sum(mrr_before))
    FROM contracted WHERE mrr_before > 0 GROUP BY $sets""")

OVER = """
    WITH over AS (
        SELECT p.*, c.mrr, c.renewed_on IS NOT NULL AS renewed, a.segment, a.channel AS origin,
               owner_on(a.account_id, c.ends_on) AS rep
        FROM periods AS p JOIN contracts AS c ON c.ends_on >= p.opens AND c.ends_on < p.closes
        LEFT JOIN accounts AS a USING (account_id))"""

kpi("renewal_rate", ["rep", "segment", "origin"], sql=OVER + """
    SELECT $keys, avg(renewed::INT) FROM over GROUP BY $sets""")

kpi("renewed_fees", ["rep", "segment", "origin"], sql=OVER + """
    SELECT $keys, ratio(coalesce(sum(mrr) FILTER (renewed), 0), sum(mrr)) FROM over GROUP BY $sets""")

# ------------------------------------------------------------------------------------------------ the comparison


def from_sql(db, entry):
    """The cells of a KPI: (grain, first day, breakdown, members) to a value."""
    dimensions = list(dict.fromkeys(d for b in entry["by"] for d in b))
    sets = [(), *entry["by"]]
    keys = ", ".join(["grain", "opens", *dimensions, *(f"grouping({d}) AS without_{d}" for d in dimensions)])
    grouping = "GROUPING SETS (" + ", ".join("(" + ", ".join(["grain", "opens", *s]) + ")" for s in sets) + ")"
    rows = db.execute(entry["sql"].replace("$keys", keys).replace("$sets", grouping)).fetchall()
    seen, members = {}, set()
    for row in rows:
        grain, opens, of = row[0], row[1].isoformat(), row[2:2 + len(dimensions)]
        without = row[2 + len(dimensions):2 + 2 * len(dimensions)]
        breakdown = tuple(d for d, w in zip(dimensions, without) if not w)
        member = tuple(m or "" for m, w in zip(of, without) if not w)
        if grain in entry["grain"]:
            seen[grain, opens, breakdown, member] = row[-1]
            members.add((grain, breakdown, member))
    cells = {}
    for grain, opens in db.execute("SELECT grain, opens FROM periods").fetchall():
        if grain in entry["grain"]:
            here = {(g, b, m) for g, b, m in members if g == grain} | {(grain, (), ())}
            for _, breakdown, member in here:
                cell = (grain, opens.isoformat(), breakdown, member)
                cells[cell] = seen.get(cell, entry["empty"])
    return cells


def from_rumbo(binary, project, kpis):
    """What `rumbo run` says: by KPI, cells to (type, value)."""
    only = ["--kpi", kpis] if kpis else []
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "results.csv"
        run = subprocess.run([binary, "run", str(project), *only, "--format", "csv", "--output", str(out)],
                             capture_output=True, text=True)
        if run.returncode:
            sys.exit(f"check_demo: `{binary} run {project}` failed, exit {run.returncode}\n{run.stdout}{run.stderr}")
        results = {}
        with out.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                breakdown = tuple(row["breakdown"].split(", ")) if row["breakdown"] else ()
                cell = (row["grain"], row["period_start"], breakdown, tuple(row[d] for d in breakdown))
                value = None if row["value"] == "" else (row["type"], row["exact"] or row["value"])
                # Beside a value a reason says why it is not judged.
                unjudged = row["status"] == "unknown" and row["reason"] in UNJUDGED
                if value is None and row["reason"] == "" or value is not None and row["reason"] and not unjudged:
                    sys.exit(f"check_demo: no value and no reason, or both: {row}")
                results.setdefault(row["kpi"], {})[cell] = value
    return results


def same(found, wanted):
    if found is None or wanted is None:
        return found is None and wanted is None
    kind, text = found
    if kind in ("integer", "decimal"):
        return not isinstance(wanted, float) and Decimal(text) == Decimal(wanted)
    a, b = float(text), float(wanted)
    return a == b or abs(a - b) <= 1e-9 * max(abs(a), abs(b))


def main():
    parser = argparse.ArgumentParser(description="the demo's values against SQL written by hand")
    parser.add_argument("rumbo", nargs="?", default=os.environ.get("RUMBO"), help="the binary; also RUMBO=")
    parser.add_argument("--project", type=Path, default=ROOT / "rules/key-accounts")
    parser.add_argument("--kpi", help="only these, with commas")
    parser.add_argument("--show", type=int, default=5)
    given = parser.parse_args()
    if not given.rumbo:
        parser.error("say which binary: check_demo.py target/debug/rumbo")

    results = from_rumbo(given.rumbo, given.project, given.kpi)
    db = duckdb.connect()
    db.execute(SETUP.replace("$data", str(given.project / "data").replace("'", "''")))

    names = given.kpi.split(",") if given.kpi else sorted(set(results) | set(KPIS))
    compared = differ = 0
    for name in names:
        if name not in KPIS or name not in results:
            print(f"{name}: " + ("no SQL for it" if name not in KPIS else "not in the results"))
            differ += 1
            continue
        wanted, found = from_sql(db, KPIS[name]), results[name]
        wrong = []
        for cell in sorted(set(wanted) | set(found)):
            compared += 1
            if cell not in wanted or cell not in found:
                wrong.append((cell, "only in the SQL" if cell in wanted else "only in the results",
                              wanted.get(cell, found.get(cell))))
            elif not same(found[cell], wanted[cell]):
                wrong.append((cell, f"found {found[cell]}", f"SQL {wanted[cell]}"))
        differ += len(wrong)
        if wrong:
            print(f"{name}: {len(wrong)} of {len(set(wanted) | set(found))} differ")
            for cell, *what in wrong[:given.show]:
                print("   ", *cell, *what)
    print(f"{compared} values compared, {differ} differ")
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    main()
