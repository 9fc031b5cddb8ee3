//! Sums that are known of values that are not: which values follow from them, and what else must be unknown
//! for one not to. Computed in whole numbers modulo a prime of 61 bits, so that nothing is rounded; a sum is
//! the places of its values.

const PRIME: u64 = (1 << 61) - 1;

fn product(a: u64, b: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(PRIME)) as u64
}

fn difference(a: u64, b: u64) -> u64 {
    if a >= b { a - b } else { a + PRIME - b }
}

fn inverse(value: u64) -> u64 {
    let (mut base, mut power, mut out) = (value, PRIME - 2, 1);
    while power > 0 {
        if power & 1 == 1 {
            out = product(out, base);
        }
        base = product(base, base);
        power >>= 1;
    }
    out
}

/// Takes so much of a row from another that the other has nothing in a column.
fn clear(row: &mut [u64], pivot: &[u64], column: usize) {
    let factor = row[column];
    if factor != 0 {
        for (value, of_pivot) in row.iter_mut().zip(pivot) {
            if *of_pivot != 0 {
                *value = difference(*value, product(factor, *of_pivot));
            }
        }
    }
}

/// Brings rows into the form in which each leads with a 1 that stands alone in its column; the leading
/// columns, in order, belong to the first rows. Only some columns lead.
fn reduce(rows: &mut [Vec<u64>], columns: std::ops::Range<usize>) -> Vec<usize> {
    let mut leading = Vec::new();
    for column in columns {
        let at = leading.len();
        let Some(found) = (at..rows.len()).find(|r| rows[*r][column] != 0) else { continue };
        rows.swap(at, found);
        let inverse = inverse(rows[at][column]);
        for value in &mut rows[at] {
            *value = product(*value, inverse);
        }
        let pivot = rows[at].clone();
        for (other, row) in rows.iter_mut().enumerate() {
            if other != at {
                clear(row, &pivot, column);
            }
        }
        leading.push(column);
    }
    leading
}

fn matrix(sums: &[Vec<usize>], width: usize) -> Vec<Vec<u64>> {
    let mut rows = vec![vec![0u64; width]; sums.len()];
    for (row, sum) in rows.iter_mut().zip(sums) {
        for place in sum.iter().filter(|p| **p < width) {
            row[*place] = 1;
        }
    }
    rows
}

/// Which of the first `unknown` values follow from the sums, the others being known.
pub fn follow(sums: &[Vec<usize>], unknown: usize) -> Vec<usize> {
    let mut rows = matrix(sums, unknown);
    let leading = reduce(&mut rows, 0..unknown);
    let alone = |row: &Vec<u64>| row.iter().filter(|v| **v != 0).count() == 1;
    leading.into_iter().zip(&rows).filter(|(_, row)| alone(row)).map(|(column, _)| column).collect()
}

/// Which of the values behind the first `unknown` ones must be unknown too, so that one no longer follows from
/// the sums: few, and the first of those that do. None where it follows whatever else is unknown.
pub fn free(sums: &[Vec<usize>], unknown: usize, width: usize, value: usize) -> Option<Vec<usize>> {
    let mut rows = matrix(sums, width);
    let leading = reduce(&mut rows, 0..unknown);
    let at = leading.iter().position(|column| *column == value)?;
    // It is what some values behind add up to ...
    let mut told = rows[at].clone();
    // ... or what that makes with sums of values behind alone, which are known.
    let behind = &mut rows[leading.len()..];
    let columns = reduce(behind, unknown..width);
    for (column, row) in columns.iter().zip(behind.iter()) {
        clear(&mut told, row, *column);
    }
    let with = |column: usize| -> Vec<usize> {
        let tied = columns.iter().zip(behind.iter()).filter(|(_, row)| row[column] != 0);
        tied.map(|(c, _)| *c).chain([column]).collect()
    };
    let found = (unknown..width).filter(|column| told[*column] != 0).map(with);
    found.min_by_key(Vec::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_sums() {
        // x + y and y are known, z + w is.
        assert_eq!(follow(&[vec![0, 1], vec![1], vec![2, 3]], 4), [0, 1]);
        // A square of four, each line known: nothing follows.
        let square = [vec![0, 1], vec![2, 3], vec![0, 2], vec![1, 3]];
        assert!(follow(&square, 4).is_empty());
        // Three lines of a triangle give each value.
        assert_eq!(follow(&[vec![0, 1], vec![1, 2], vec![0, 2]], 3), [0, 1, 2]);
    }

    #[test]
    fn two_squares_joined_by_one_value_give_it_away() {
        // Rows a b c d, columns x y z w; hidden are ax ay bx by, cz cw dz dw and ay's neighbour az:
        //   a: ax ay az   b: bx by   c: cz cw   d: dz dw   x: ax bx   y: ay by   z: az cz dz   w: cw dw
        let (ax, ay, bx, by, cz, cw, dz, dw, az) = (0, 1, 2, 3, 4, 5, 6, 7, 8);
        // Behind them: aw, bz, cx.
        let (aw, bz, cx) = (9, 10, 11);
        let sums = [
            vec![ax, ay, az, aw],
            vec![bx, by, bz],
            vec![cz, cw, cx],
            vec![dz, dw],
            vec![ax, bx, cx],
            vec![ay, by],
            vec![az, cz, dz, bz],
            vec![cw, dw, aw],
        ];
        assert_eq!(follow(&sums, 9), [az]);
        // Any second value between the squares frees it.
        let with = free(&sums, 9, 12, az).unwrap();
        assert_eq!(with, [aw]);
        assert!(follow(&sums, 10).is_empty());
    }

    #[test]
    fn a_value_that_is_a_sum_itself_follows_whatever_is_unknown() {
        assert_eq!(free(&[vec![0], vec![0, 1, 2]], 1, 3, 0), None);
    }

    #[test]
    fn values_behind_may_be_needed_together() {
        // 0 = (0 + 1) - (1 + 2) + 2: each of 1 and 2 follows from the other.
        let sums = [vec![0, 1], vec![1, 2]];
        assert_eq!(free(&sums, 1, 3, 0), Some(vec![1, 2]));
        assert!(follow(&sums, 3).is_empty());
    }
}
