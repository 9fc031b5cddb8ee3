# Recipes for https://just.systems; each is one command that also works by itself.

# list the recipes
default:
    @just --list

# what has to hold before a commit
check: lint test

# all tests
test *ARGS:
    cargo test --locked {{ARGS}}

# rewrite what golden cases and documents expect; read the diff before keeping it
update *ARGS:
    UPDATE=1 cargo test --locked --test it {{ARGS}}

# format the code
fmt:
    cargo fmt

# formatting and lints, as CI has them
lint:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings

# benchmarks, or one part of them: `just bench kpis`
bench *ARGS:
    cargo bench --locked -- {{ARGS}}

# how stocks, windows and conversions grow, beside DuckDB (wants duckdb of PyPI): `just shapes --rows 1`
shapes *ARGS:
    cargo build --release --locked
    python3 benches/shapes/shapes.py --rumbo target/release/rumbo {{ARGS}}

# what 2.4 million verdicts take beside the KPIs that they read (wants duckdb of PyPI)
rules *ARGS:
    cargo build --release --locked
    python3 benches/rules/rules.py --rumbo target/release/rumbo {{ARGS}}

# a million random inputs for the parser, the loader and the checker
fuzz:
    RUMBO_FUZZ_CASES=1000000 cargo test --locked --release --test it -- fuzz

# 50,000 random formulas over random data sets, against a naive evaluator
differential:
    RUMBO_DIFFERENTIAL_PAIRS=50000 cargo test --locked --release --test it -- differential/

# make the demo project's data again; the same bytes come out (wants pyarrow, see its README)
demo-data:
    python3 rules/key-accounts/generate.py

# dbt MetricFlow's cases, from the folder that holds them (tests/metricflow/README.md)
metricflow DIR OUT="target/metricflow":
    python3 tests/metricflow/test_translate.py
    python3 tests/metricflow/translate.py {{DIR}} {{OUT}} --left-out tests/metricflow/left-out.md
    python3 {{DIR}}/compare.py {{OUT}} --allow-missing --quiet

# every value of the demo against SQL written by hand (wants duckdb: tests/duckdb/requirements.txt)
demo-sql:
    cargo build --locked
    python3 tests/duckdb/check_demo.py target/debug/rumbo

# the library's reference
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --lib

# what CI runs
ci:
    .ci/run
