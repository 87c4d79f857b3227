//! Tells whether bright marks in a picture stand as letters do: small, sharply set off from what is around them, side by
//! side on one line. No letter is read: what is found is a suspicion, and text that is dark, or larger, or blurred is missed.

/// As bright as letters are, of 255.
const BRIGHT: u8 = 180;
/// As dark as what lies around a letter is on average, of 255.
const DARK: u32 = 96;
/// Pixels from top to bottom of a letter, and from side to side.
const HEIGHT: std::ops::RangeInclusive<usize> = 6..=48;
const WIDTH: std::ops::RangeInclusive<usize> = 1..=48;
/// So many letters make a row.
const LETTERS: usize = 4;

/// Where a mark stands: left, top, right and bottom, its last column and row among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

impl Mark {
    fn height(&self) -> usize {
        self.bottom - self.top + 1
    }

    /// Tells whether another mark follows this one on the same line.
    fn is_followed_by(&self, next: &Mark) -> bool {
        let (high, low) = (self.top.max(next.top), self.bottom.min(next.bottom));
        let shared = (low + 1).saturating_sub(high);
        let tall = self.height().max(next.height());
        next.left > self.right && next.left - self.right <= tall && shared * 2 >= tall
    }
}

/// Gives how many rows of letters there may be in a picture of 8-bit grays, row by row.
pub(super) fn rows(grays: &[u8], columns: usize) -> u32 {
    let mut marks = marks(grays, columns);
    marks.sort_by_key(|mark| (mark.left, mark.top));
    let mut taken = vec![false; marks.len()];
    let mut rows = 0;
    for first in 0..marks.len() {
        if std::mem::replace(&mut taken[first], true) {
            continue;
        }
        let (mut last, mut length, mut widths) =
            (marks[first], 1, vec![marks[first].right - marks[first].left]);
        for next in first + 1..marks.len() {
            if marks[next].left > last.right + HEIGHT.end() {
                break;
            }
            if !taken[next] && last.is_followed_by(&marks[next]) {
                taken[next] = true;
                last = marks[next];
                length += 1;
                widths.push(last.right - last.left);
            }
        }
        widths.sort_unstable();
        widths.dedup();
        // Ticks of a ruler are all alike, and letters are not.
        rows += u32::from(length >= LETTERS && widths.len() > 1);
    }
    rows
}

/// Finds bright marks of the size of letters with dark ground around them.
fn marks(grays: &[u8], columns: usize) -> Vec<Mark> {
    let rows = grays.len().checked_div(columns).unwrap_or_default();
    let bright = |at: usize| grays.get(at).is_some_and(|gray| *gray >= BRIGHT);
    let mut seen = vec![false; grays.len()];
    let mut found = Vec::new();
    let mut open = Vec::new();
    for start in 0..grays.len() {
        if seen[start] || !bright(start) {
            continue;
        }
        seen[start] = true;
        open.push(start);
        let mut mark = Mark { left: columns, top: rows, right: 0, bottom: 0 };
        let mut pixels = 0;
        while let Some(at) = open.pop() {
            let (x, y) = (at % columns, at / columns);
            mark = Mark {
                left: mark.left.min(x),
                top: mark.top.min(y),
                right: mark.right.max(x),
                bottom: mark.bottom.max(y),
            };
            pixels += 1;
            for (nx, ny) in around(x, y, columns, rows) {
                let next = ny * columns + nx;
                if !seen[next] && bright(next) {
                    seen[next] = true;
                    open.push(next);
                }
            }
        }
        let width = mark.right - mark.left + 1;
        let fits = HEIGHT.contains(&mark.height()) && WIDTH.contains(&width);
        // A full block is a patch or a bar of a scale; but the letter I is one too.
        let full = pixels == width * mark.height() && width * 2 > mark.height();
        if fits && !full && is_set_off(grays, columns, rows, &mark) {
            found.push(mark);
        }
    }
    found
}

fn around(x: usize, y: usize, columns: usize, rows: usize) -> impl Iterator<Item = (usize, usize)> {
    let xs = x.saturating_sub(1)..=(x + 1).min(columns.saturating_sub(1));
    (y.saturating_sub(1)..=(y + 1).min(rows.saturating_sub(1)))
        .flat_map(move |ny| xs.clone().map(move |nx| (nx, ny)))
}

/// Tells whether the ground two pixels outside a mark is dark all round.
fn is_set_off(grays: &[u8], columns: usize, rows: usize, mark: &Mark) -> bool {
    let (left, top) = (mark.left.saturating_sub(2), mark.top.saturating_sub(2));
    let (right, bottom) = ((mark.right + 2).min(columns - 1), (mark.bottom + 2).min(rows - 1));
    let sides = (left..=right).flat_map(|x| [(x, top), (x, bottom)]);
    let ends = (top..=bottom).flat_map(|y| [(left, y), (right, y)]);
    let (mut sum, mut count) = (0, 0);
    for (x, y) in sides.chain(ends) {
        sum += u32::from(grays.get(y * columns + x).copied().unwrap_or_default());
        count += 1;
    }
    sum <= DARK * count
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws marks of some width and 10 rows, each an L so that none is a full block, at places from the left.
    fn picture(marks: &[(usize, usize)], ground: u8) -> Vec<u8> {
        let mut grays = vec![ground; 200 * 40];
        for (x, width) in marks {
            for y in 15..25 {
                grays[y * 200 + x] = 255;
            }
            for dx in 0..*width {
                grays[24 * 200 + x + dx] = 255;
            }
        }
        grays
    }

    #[test]
    fn marks_side_by_side_are_a_row_and_others_are_none() {
        let word = [(10, 6), (20, 5), (29, 7), (40, 6)];
        assert_eq!(rows(&picture(&word, 0), 200), 1);
        assert_eq!(rows(&picture(&word[..3], 0), 200), 0, "three letters are a side marker");
        assert_eq!(rows(&picture(&word, 150), 200), 0, "nothing sets them off");
        assert_eq!(rows(&picture(&[(10, 6), (50, 5), (90, 7), (130, 6)], 0), 200), 0, "far apart");
        assert_eq!(rows(&picture(&[(10, 1), (15, 1), (20, 1), (25, 1), (30, 1)], 0), 200), 0, "a ruler");
        let two = [(10, 6), (20, 5), (29, 7), (40, 6), (110, 6), (120, 5), (129, 7), (140, 6)];
        assert_eq!(rows(&picture(&two, 20), 200), 2);
        assert_eq!((rows(&[], 0), rows(&[255; 4], 2)), (0, 0));
    }
}
