//! Outcome -> CSV, quoted as RFC 4180 says, with plain line feeds as other data tools write them. Null
//! is nothing between two commas, text that is empty is `""`, so that the two differ.

use std::io::{self, Write};

use super::tidy::{self, Cell};
use crate::model::outcome::Outcome;

/// A header and the tidy rows.
pub fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let batch = tidy::batch(outcome).map_err(tidy::io_error)?;
    let header: Vec<String> = batch.schema().fields().iter().map(|f| quoted(f.name())).collect();
    writeln!(out, "{}", header.join(","))?;
    for row in 0..batch.num_rows() {
        let line: Vec<String> = batch.columns().iter().map(|c| field(tidy::cell(c, row))).collect();
        writeln!(out, "{}", line.join(","))?;
    }
    out.flush()
}

fn field(cell: Cell<'_>) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Text(text) => quoted(text),
        Cell::Float(value) => value.to_string(),
        Cell::Integer(value) => value.to_string(),
        Cell::Boolean(value) => value.to_string(),
        Cell::Date(day) => day.to_string(),
    }
}

fn quoted(text: &str) -> String {
    // Spaces at an end are quoted too: some readers trim what is not.
    let plain = !text.is_empty() && !text.contains([',', '"', '\r', '\n']) && text.trim() == text;
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{breakdown, outcome, row, table, two_kpis};
    use super::*;

    fn text(outcome: &Outcome) -> String {
        let mut bytes = Vec::new();
        write(outcome, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn null_and_empty_differ() {
        assert_eq!(
            text(&two_kpis()),
            "\
kpi,grain,period_start,period_end,account.segment,breakdown,value,exact,type,unit,n,skipped,reason,complete,window_complete,period,target,paced_target,attainment,status,score,previous,change
revenue,month,2026-01-01,2026-02-01,,\"\",1234.5,1234.50,decimal,EUR,7,0,,true,true,2026-01,,,,unknown,,,
revenue,month,2026-01-01,2026-02-01,\"\",account.segment,34.5,34.50,decimal,EUR,7,0,,true,true,2026-01,,,,unknown,,,
revenue,month,2026-01-01,2026-02-01,\"Retail, EU\",account.segment,1000,1000.00,decimal,EUR,7,0,,true,true,2026-01,,,,unknown,,,
revenue,month,2026-01-01,2026-02-01,,account.segment,200,200.00,decimal,EUR,7,0,,true,true,2026-01,,,,unknown,,,
revenue,month,2026-02-01,2026-03-01,,\"\",-20,-20.00,decimal,EUR,7,3,,false,true,2026-02,,,,unknown,,,
revenue,month,2026-02-01,2026-03-01,\"\",account.segment,,,decimal,EUR,0,3,no_values,false,true,2026-02,,,,unknown,,,
revenue,month,2026-02-01,2026-03-01,\"Retail, EU\",account.segment,-20,-20.00,decimal,EUR,7,0,,false,true,2026-02,,,,unknown,,,
revenue,month,2026-02-01,2026-03-01,,account.segment,0,0.00,decimal,EUR,7,0,,false,true,2026-02,,,,unknown,,,
churn_rate,month,2026-01-01,2026-02-01,,\"\",0.125,0.125,float,percent,7,0,,true,true,2026-01,,,,unknown,,,
churn_rate,month,2026-02-01,2026-03-01,,\"\",,,float,percent,0,0,zero_denominator,false,true,2026-02,,,,unknown,,,
"
        );
    }

    #[test]
    fn quotes_and_line_ends_read_back() {
        let member = "a \"b\"\r\nc, d";
        let t = table("x", vec![breakdown(&["di\"m"], vec![row(1).member(Some(member), None).of("1.00")])]);
        let text = text(&outcome(vec![t]));
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        assert_eq!(&reader.headers().unwrap()[4], "di\"m");
        assert_eq!(&reader.records().next().unwrap().unwrap()[4], member);
    }
}
