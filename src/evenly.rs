//! Places that are spread evenly, each in the middle of its share.

/// Where `count` things of `size` begin that are spread evenly over `length`, each in
/// the middle of its share. They do not overlap if they fit.
pub(crate) fn spread(length: usize, count: usize, size: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |i| ((2 * i + 1) * length).saturating_sub(count * size) / (2 * count))
}

/// `wanted` of `count` things, or all if there are fewer, as their indices.
pub(crate) fn spread_indices(count: usize, wanted: usize) -> impl Iterator<Item = usize> {
    spread(count, wanted.min(count), 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_stands_in_the_middle_of_its_share() {
        assert_eq!(spread(100, 1, 20).collect::<Vec<_>>(), [40]);
        assert_eq!(spread(100, 2, 20).collect::<Vec<_>>(), [15, 65]);
        assert_eq!(spread(100, 5, 20).collect::<Vec<_>>(), [0, 20, 40, 60, 80]);
        assert_eq!(spread(5, 1, 8).collect::<Vec<_>>(), [0]);
        for (count, wanted, indices) in [
            (3, 1, &[1][..]),
            (3, 2, &[0, 2]),
            (10, 3, &[1, 5, 8]),
            (2, 5, &[0, 1]),
            (1, 1, &[0]),
            (0, 4, &[]),
        ] {
            assert_eq!(spread_indices(count, wanted).collect::<Vec<_>>(), indices);
        }
    }

    proptest! {
        #[test]
        fn they_do_not_overlap_and_stay_inside_if_they_fit(
            size in 1..50_usize, count in 1..50_usize, more in 0..5_000_usize,
        ) {
            let length = size * count + more;
            let starts: Vec<usize> = spread(length, count, size).collect();
            prop_assert!(starts.windows(2).all(|pair| pair[0] + size <= pair[1]));
            prop_assert!(starts[count - 1] + size <= length);
        }
    }
}
