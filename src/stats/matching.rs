//! Which finding of one reader is the same object as which of another: optimal assignment. Knows nothing of shapes:
//! what may be paired, and how well it fits, is the caller's.

use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;

/// Two things that may be the same object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    pub row: usize,
    pub column: usize,
    /// Close enough that nobody would call it a difference: such pairs come before all others.
    pub within: bool,
    /// 0–1; 1 is kept for things that are equal.
    pub similarity: f64,
}

/// Groups of things that hang together are matched optimally up to this many on the smaller side, which takes some
/// milliseconds; beyond it the best pair is taken first.
pub const OPTIMAL: usize = 128;

/// Steps in which similarities are told apart.
const STEPS: i64 = 1 << 24;

/// Chooses pairs in which nothing occurs twice: as many as possible within tolerance, and among those choices the one
/// with the highest sum of similarities. Gives the numbers of the pairs chosen, in rising order.
///
/// The sum of both as one weight is a maximum-weight matching (Kuhn 1955, Munkres 1957), solved on each connected part
/// of the graph by itself. Equally good choices are settled by the order of rows and columns.
pub fn assign(pairs: &[Pair]) -> Vec<usize> {
    if pairs.len() < 2 {
        return (0..pairs.len()).collect();
    }
    let mut chosen: Vec<usize> = parts(pairs).into_iter().flat_map(|part| solve(pairs, &part)).collect();
    chosen.sort_unstable();
    chosen
}

/// Gives the weight of a pair where at most `most` are chosen together.
fn weight(pair: &Pair, most: usize) -> i64 {
    // Never 0, which is the weight of what may not be paired.
    let similarity = (pair.similarity.clamp(0.0, 1.0) * STEPS as f64) as i64;
    similarity.max(1) + if pair.within { STEPS * (most as i64 + 1) } else { 0 }
}

/// Sorts pairs into those that hang together by shared rows or columns.
fn parts(pairs: &[Pair]) -> Vec<Vec<usize>> {
    let rows = pairs.iter().map(|pair| pair.row + 1).max().unwrap_or(0);
    let columns = pairs.iter().map(|pair| pair.column + 1).max().unwrap_or(0);
    let mut parent: Vec<usize> = (0..rows + columns).collect();
    for pair in pairs {
        let (a, b) = (root(&mut parent, pair.row), root(&mut parent, rows + pair.column));
        parent[a.max(b)] = a.min(b);
    }
    let mut of_root: Vec<Option<usize>> = vec![None; rows + columns];
    let mut parts: Vec<Vec<usize>> = Vec::new();
    for (n, pair) in pairs.iter().enumerate() {
        let part = *of_root[root(&mut parent, pair.row)].get_or_insert_with(|| {
            parts.push(Vec::new());
            parts.len() - 1
        });
        parts[part].push(n);
    }
    parts
}

fn root(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}

fn solve(pairs: &[Pair], part: &[usize]) -> Vec<usize> {
    if let [only] = part {
        return vec![*only];
    }
    let numbers = |of: fn(&Pair) -> usize| {
        let mut numbers: Vec<usize> = part.iter().map(|n| of(&pairs[*n])).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    };
    let (rows, columns) = (numbers(|pair| pair.row), numbers(|pair| pair.column));
    let (across, most) = (rows.len() > columns.len(), rows.len().min(columns.len()));
    if most > OPTIMAL {
        return best_first(pairs, part);
    }
    let place = |n: usize| {
        let row = rows.partition_point(|row| *row < pairs[n].row);
        let column = columns.partition_point(|column| *column < pairs[n].column);
        if across { (column, row) } else { (row, column) }
    };
    let mut weights = Matrix::new(most, rows.len().max(columns.len()), 0i64);
    for n in part {
        weights[place(*n)] = weight(&pairs[*n], most);
    }
    let (_, taken) = kuhn_munkres(&weights);
    part.iter()
        .copied()
        .filter(|n| {
            let (row, column) = place(*n);
            taken.get(row) == Some(&column)
        })
        .collect()
}

fn best_first(pairs: &[Pair], part: &[usize]) -> Vec<usize> {
    let mut order = part.to_vec();
    order.sort_by(|a, b| {
        let (a, b) = (&pairs[*a], &pairs[*b]);
        (b.within.cmp(&a.within)).then(b.similarity.total_cmp(&a.similarity))
    });
    let rows = part.iter().map(|n| pairs[*n].row + 1).max().unwrap_or(0);
    let columns = part.iter().map(|n| pairs[*n].column + 1).max().unwrap_or(0);
    let (mut row_taken, mut column_taken) = (vec![false; rows], vec![false; columns]);
    order.retain(|n| {
        let pair = &pairs[*n];
        let free = !row_taken[pair.row] && !column_taken[pair.column];
        if free {
            (row_taken[pair.row], column_taken[pair.column]) = (true, true);
        }
        free
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pair(row: usize, column: usize, within: bool, similarity: f64) -> Pair {
        Pair { row, column, within, similarity }
    }

    /// The best total by trying everything.
    fn exhaustive(pairs: &[Pair], from: usize, rows: u32, columns: u32, most: usize) -> i64 {
        let Some(pair) = pairs.get(from) else { return 0 };
        let (row, column) = (1 << pair.row, 1 << pair.column);
        let without = exhaustive(pairs, from + 1, rows, columns, most);
        if rows & row != 0 || columns & column != 0 {
            return without;
        }
        without.max(weight(pair, most) + exhaustive(pairs, from + 1, rows | row, columns | column, most))
    }

    fn some_pairs() -> impl Strategy<Value = Vec<Pair>> {
        let cell = (proptest::bool::weighted(0.6), any::<bool>(), 0.0..=1.0f64);
        (1usize..5, 1usize..5).prop_flat_map(move |(rows, columns)| {
            proptest::collection::vec(cell.clone(), rows * columns).prop_map(move |cells| {
                let cells = cells.into_iter().enumerate();
                let kept = cells.filter(|(_, (eligible, ..))| *eligible);
                kept.map(|(n, (_, within, like))| pair(n / columns, n % columns, within, like)).collect()
            })
        })
    }

    proptest! {
        #[test]
        fn no_other_choice_is_better(pairs in some_pairs()) {
            let chosen = assign(&pairs);
            let total: i64 = chosen.iter().map(|n| weight(&pairs[*n], 4)).sum();
            prop_assert_eq!(total, exhaustive(&pairs, 0, 0, 0, 4));
            for of in [|pair: &Pair| pair.row, |pair: &Pair| pair.column] {
                let mut taken: Vec<usize> = chosen.iter().map(|n| of(&pairs[*n])).collect();
                taken.sort_unstable();
                prop_assert!(taken.windows(2).all(|two| two[0] != two[1]));
            }
        }
    }

    #[test]
    fn tolerance_comes_before_similarity() {
        // The two crosswise pairs are more alike in sum, the straight one is within tolerance.
        let pairs = [pair(0, 0, true, 0.5), pair(0, 1, false, 0.9), pair(1, 0, false, 0.9)];
        assert_eq!(assign(&pairs), [0]);
    }

    #[test]
    fn a_crowd_is_matched_best_first() {
        let n = OPTIMAL + 40;
        let pairs: Vec<Pair> =
            (0..n * n).map(|i| pair(i / n, i % n, false, if i / n == i % n { 0.9 } else { 0.1 })).collect();
        assert_eq!(assign(&pairs), (0..n).map(|i| i * n + i).collect::<Vec<_>>());
    }
}
