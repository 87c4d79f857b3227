//! Two readers: their table of levels, Cohen's κ with the standard errors of 1969, and the indices that explain it.

use super::reads::{NONE, Patterns, Undefined};
use super::weights::Weights;

/// How often one reader chose a level where the other chose another: levels × levels, row by row, the first reader's
/// levels in rows. Only items that both read.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    levels: usize,
    cells: Vec<f64>,
}

/// Cohen's κ with its parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cohen {
    /// At most 1; 0 is what chance gives.
    pub value: f64,
    /// The standard error.
    pub se: f64,
    /// The standard error if there is no agreement beyond chance, for tests against 0.
    pub se_by_chance: f64,
    /// The agreement seen, 0–1.
    pub observed: f64,
    /// The agreement that chance gives, 0–1.
    pub expected: f64,
    /// How many items both read.
    pub items: f64,
}

impl Table {
    /// Counts the items that two readers both read; readers by their column.
    pub fn of(reads: &Patterns, a: usize, b: usize) -> Self {
        let levels = reads.levels();
        let mut cells = vec![0.0; levels * levels];
        for (row, count) in reads.rows() {
            if let (Some(a), Some(b)) = (row.get(a), row.get(b))
                && *a != NONE
                && *b != NONE
            {
                cells[usize::from(*a) * levels + usize::from(*b)] += count;
            }
        }
        Table { levels, cells }
    }

    /// Takes counts, levels × levels row by row; `None` where they are no square.
    pub fn from_counts(levels: usize, cells: Vec<f64>) -> Option<Self> {
        (cells.len() == levels * levels).then_some(Table { levels, cells })
    }

    pub fn levels(&self) -> usize {
        self.levels
    }

    /// Gives how often the first reader chose `a` where the second chose `b`.
    pub fn get(&self, a: usize, b: usize) -> f64 {
        if b < self.levels { self.cells.get(a * self.levels + b).copied().unwrap_or(0.0) } else { 0.0 }
    }

    /// Gives how many items both read.
    pub fn items(&self) -> f64 {
        self.cells.iter().sum()
    }

    /// Gives the shares of the first reader's levels, and of the second's.
    fn shares(&self) -> Result<(Vec<f64>, Vec<f64>), Undefined> {
        let n = self.items();
        if n == 0.0 {
            return Err(Undefined::NoPairs);
        }
        let rows =
            (0..self.levels).map(|a| (0..self.levels).map(|b| self.get(a, b)).sum::<f64>() / n).collect();
        let columns =
            (0..self.levels).map(|b| (0..self.levels).map(|a| self.get(a, b)).sum::<f64>() / n).collect();
        Ok((rows, columns))
    }

    fn cells(&self) -> impl Iterator<Item = (usize, usize, f64)> + '_ {
        self.cells.iter().enumerate().map(|(n, count)| (n / self.levels, n % self.levels, *count))
    }
}

/// Gives Cohen's κ (Cohen 1960), with weights of agreement (Cohen 1968), and its standard errors (Fleiss, Cohen &
/// Everitt 1969).
///
/// # Errors
/// No item that both read, or both chose one and the same level throughout (0/0).
pub fn cohen_kappa(table: &Table, weights: &Weights) -> Result<Cohen, Undefined> {
    if table.levels < 2 {
        return Err(Undefined::OneLevel);
    }
    let (rows, columns) = table.shares()?;
    let n = table.items();
    let observed: f64 = table.cells().map(|(a, b, count)| weights.get(a, b) * count / n).sum();
    let by_row: Vec<f64> =
        (0..table.levels).map(|a| (0..table.levels).map(|b| weights.get(a, b) * columns[b]).sum()).collect();
    let by_column: Vec<f64> =
        (0..table.levels).map(|b| (0..table.levels).map(|a| weights.get(a, b) * rows[a]).sum()).collect();
    let expected: f64 = rows.iter().zip(&by_row).map(|(share, weight)| share * weight).sum();
    let rest = 1.0 - expected;
    if rest <= 1e-14 {
        return Err(Undefined::NoVariation);
    }
    let value = (observed - expected) / rest;
    let (mut seen, mut by_chance) = (0.0, 0.0);
    for (a, b, count) in table.cells() {
        let margins = by_row[a] + by_column[b];
        seen += count / n * (weights.get(a, b) - margins * (1.0 - value)).powi(2);
        by_chance += rows[a] * columns[b] * (weights.get(a, b) - margins).powi(2);
    }
    let root = |variance: f64| (variance.max(0.0) / n).sqrt() / rest;
    Ok(Cohen {
        value,
        se: root(seen - (value - expected * (1.0 - value)).powi(2)),
        se_by_chance: root(by_chance - expected * expected),
        observed,
        expected,
        items: n,
    })
}

/// Gives the κ that balanced marginals would give (Bennett 1954, Byrt 1993): (q·observed − 1) / (q − 1).
pub fn pabak(table: &Table) -> Result<f64, Undefined> {
    let levels = table.levels as f64;
    if table.levels < 2 {
        return Err(Undefined::OneLevel);
    }
    let n = table.items();
    if n == 0.0 {
        return Err(Undefined::NoPairs);
    }
    let observed = (0..table.levels).map(|level| table.get(level, level)).sum::<f64>() / n;
    Ok((levels * observed - 1.0) / (levels - 1.0))
}

/// Gives how unevenly two levels occur where both readers agree, |a − d| / n (Byrt 1993), 0–1: high values pull κ down.
pub fn prevalence_index(table: &Table) -> Result<f64, Undefined> {
    index(table, [(0, 0), (1, 1)])
}

/// Gives how differently two readers use two levels, |b − c| / n (Byrt 1993), 0–1: high values push κ up.
pub fn bias_index(table: &Table) -> Result<f64, Undefined> {
    index(table, [(0, 1), (1, 0)])
}

fn index(table: &Table, [first, second]: [(usize, usize); 2]) -> Result<f64, Undefined> {
    let n = table.items();
    match (table.levels, n > 0.0) {
        (2, true) => Ok((table.get(first.0, first.1) - table.get(second.0, second.1)).abs() / n),
        (2, false) => Err(Undefined::NoPairs),
        _ => Err(Undefined::NotBinary),
    }
}

/// Gives the specific agreement of two readers on a level, 2a / (2a + b + c), 0–1; undefined where neither chose it.
pub fn specific_agreement(table: &Table, level: usize) -> Result<f64, Undefined> {
    let either: f64 = (0..table.levels).map(|other| table.get(level, other) + table.get(other, level)).sum();
    match (either > 0.0, table.items() > 0.0) {
        (true, _) => Ok(2.0 * table.get(level, level) / either),
        (false, true) => Err(Undefined::NeverSaid),
        (false, false) => Err(Undefined::NoPairs),
    }
}
