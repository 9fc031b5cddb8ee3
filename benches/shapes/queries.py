"""The same KPIs as SQL for DuckDB, as well as we can write it: each of several forms was tried, the fastest stands."""


def stock(data: str, first: str) -> str:
    """What started before a month less what ended before it, by day first; two passes over one column each beat one
    over both, `GROUP BY` both days, and a filtered count for each month."""
    return f"""
        WITH months AS (SELECT CAST(m AS DATE) AS m FROM range(DATE '{first}', DATE '2026-01-01', INTERVAL 1 MONTH) t(m)),
        events AS (
            SELECT started_on AS d, count(*) AS n FROM '{data}/subscriptions.parquet'
            WHERE started_on < DATE '2025-12-01' GROUP BY d
            UNION ALL
            SELECT ended_on, -count(*) FROM '{data}/subscriptions.parquet'
            WHERE ended_on < DATE '2025-12-01' GROUP BY ended_on)
        SELECT strftime(m, '%Y-%m'), '', sum(n) FROM months JOIN events ON d < m GROUP BY m"""


def rolling(data: str, first: str) -> str:
    """The months of each customer as bits, twelve of them over each other by doubling, equal ones counted together;
    two levels of `DISTINCT` take eight to twenty times as long."""
    year, months = int(first[:4]), (2026 - int(first[:4])) * 12
    return f"""
        WITH customers AS (
            SELECT bit_or(1::BIGINT << (year(ordered_at) * 12 + month(ordered_at) - {(year - 1) * 12 + 2})) AS b
            FROM '{data}/orders.parquet' WHERE ordered_at >= DATE '{year - 1}-02-01' GROUP BY customer_id),
        two AS (SELECT b | (b >> 1) AS b FROM customers),
        four AS (SELECT b | (b >> 2) AS b FROM two),
        twelve AS (SELECT b | (b >> 4) | (b >> 8) AS b FROM four),
        equal AS (SELECT b, count(*) AS n FROM twelve GROUP BY b)
        SELECT strftime(DATE '{first}' + to_months(CAST(i AS INTEGER)), '%Y-%m'), '', sum(n)
        FROM equal, range({months}) t(i) WHERE (b >> i) & 1 = 1 GROUP BY i"""


def churn(data: str, first: str) -> str:
    """Rows by segment and the months of both days, the rest from that; about as fast as the form of `stock`."""
    return f"""
        WITH months AS (SELECT CAST(m AS DATE) AS m FROM range(DATE '{first}', DATE '2026-01-01', INTERVAL 1 MONTH) t(m)),
        rows AS MATERIALIZED (
            SELECT segment, date_trunc('month', started_on) AS f, date_trunc('month', ended_on) AS t, count(*) AS n
            FROM '{data}/accounts.parquet' WHERE started_on < DATE '2025-12-01' GROUP BY ALL)
        SELECT strftime(m, '%Y-%m'), coalesce(segment, ''), coalesce(sum(n) FILTER (t = m), 0) / sum(n)
        FROM months JOIN rows ON f < m AND (t IS NULL OR t >= m) GROUP BY GROUPING SETS ((m), (m, segment))"""


def conversion(data: str, first: str) -> str:
    """The latest lead of each deal that is at most 90 days old, by a join on the person; only what the asked-for months
    can see. `ASOF JOIN` and a window over both files took two to five times as long. That a person exists in
    `people` is not looked at."""
    return f"""
        WITH credited AS (
            SELECT max(l.created_at) AS lead_at, any_value(d.person_id) AS person
            FROM '{data}/deals.parquet' d JOIN '{data}/leads.parquet' l
              ON d.person_id = l.person_id AND d.closed_at >= l.created_at
             AND d.closed_at < l.created_at + INTERVAL 90 DAY
            WHERE d.closed_at >= DATE '{first}' AND l.created_at >= DATE '{first}'
            GROUP BY d.deal_id),
        converted AS (
            SELECT date_trunc('month', lead_at) AS m, count(*) AS n
            FROM (SELECT DISTINCT lead_at, person FROM credited) GROUP BY m),
        leads AS (
            SELECT date_trunc('month', created_at) AS m, count(*) AS n
            FROM '{data}/leads.parquet' WHERE created_at >= DATE '{first}' GROUP BY m)
        SELECT strftime(m, '%Y-%m'), '', coalesce(converted.n, 0) / leads.n FROM leads LEFT JOIN converted USING (m)"""


CASES = {
    "stock": ("stock at month starts", stock),
    "rolling": ("rolling 12 months, distinct customers", rolling),
    "churn": ("churn by segment", churn),
    "conversion": ("conversion within 90 days", conversion),
}
