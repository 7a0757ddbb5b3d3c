//! Which files sound alike, and a map of the collection.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use crate::evenly::spread_indices;

/// How many files that sound alike are named for each.
pub const NEIGHBOURS: usize = 5;

/// Principal components that neighbours are looked for in: fewer than the 400 that an
/// embedding of the bundled models has, to make 20,000 files quick.
const COMPONENTS: usize = 64;

/// The components are taken from at most so many files, evenly spread.
const MOST_FITTED: usize = 4_000;

/// Places on the map go from 0 to this.
const LAST_PLACE: f64 = 999.0;

/// Where the files of a collection lie.
#[derive(Debug)]
pub struct Map {
    places: Vec<Option<(u16, u16)>>,
    neighbours: Vec<Vec<usize>>,
}

impl Map {
    /// The map of files with these embeddings, all of one length; files without one
    /// have no place. Places are the first two principal components (Pearson 1901),
    /// neighbours those with the greatest cosine in the first 64.
    pub fn new(embeddings: &[Option<Vec<f32>>]) -> Self {
        let mut map = Self {
            places: vec![None; embeddings.len()],
            neighbours: vec![Vec::new(); embeddings.len()],
        };
        let (files, rows): (Vec<usize>, Vec<&Vec<f32>>) = embeddings
            .iter()
            .enumerate()
            .filter_map(|(file, embedding)| Some((file, embedding.as_ref()?)))
            .unzip();
        // Two points always lie on a line; a map of them would say nothing.
        if rows.len() < 3 {
            return map;
        }
        let points = principal_components(&rows);
        for (file, place) in files.iter().zip(places(&points)) {
            map.places[*file] = Some(place);
        }
        for (file, near) in files.iter().zip(nearest(&points)) {
            map.neighbours[*file] = near.into_iter().map(|row| files[row]).collect();
        }
        map
    }

    pub(super) fn place(&self, file: usize) -> Option<(u16, u16)> {
        self.places[file]
    }

    pub(super) fn neighbours(&self, file: usize) -> &[usize] {
        &self.neighbours[file]
    }
}

/// The files as columns: their principal components, the greatest first.
fn principal_components(rows: &[&Vec<f32>]) -> DMatrix<f64> {
    let dimensions = rows[0].len();
    let columns = rows.iter().map(|row| {
        let values = row.iter().map(|value| f64::from(*value));
        DVector::from_iterator(dimensions, values)
    });
    let mut points = DMatrix::from_columns(&columns.collect::<Vec<_>>());
    let mean = points.column_mean();
    points
        .column_iter_mut()
        .for_each(|mut point| point -= &mean);

    let fitted: Vec<usize> = spread_indices(rows.len(), MOST_FITTED).collect();
    let fitted = points.select_columns(&fitted);
    let covariance = &fitted * fitted.transpose() / fitted.ncols() as f64;
    let eigen = SymmetricEigen::new(covariance);
    let mut order: Vec<usize> = (0..dimensions).collect();
    order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
    order.truncate(COMPONENTS);
    let mut axes = eigen.eigenvectors.select_columns(&order);
    // An eigenvector's sign is arbitrary: the map is to be the same every time.
    for mut axis in axes.column_iter_mut() {
        if axis[axis.iamax()] < 0.0 {
            axis.neg_mut();
        }
    }
    axes.transpose() * points
}

/// The first two components of each, from 0 to [`LAST_PLACE`]. The outermost hundredth
/// at each end is drawn to the edge, so that one odd file does not squeeze the rest.
fn places(points: &DMatrix<f64>) -> Vec<(u16, u16)> {
    let scaled = |component: usize| -> Vec<u16> {
        let values: Vec<f64> = match component < points.nrows() {
            true => points.row(component).iter().copied().collect(),
            false => vec![0.0; points.ncols()],
        };
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let margin = sorted.len() / 100;
        let (low, high) = (sorted[margin], sorted[sorted.len() - 1 - margin]);
        let range = (high - low).max(f64::MIN_POSITIVE);
        let place = |value: &f64| ((value - low) / range).clamp(0.0, 1.0) * LAST_PLACE;
        values
            .iter()
            .map(|value| place(value).round() as u16)
            .collect()
    };
    scaled(0).into_iter().zip(scaled(1)).collect()
}

/// For each column the [`NEIGHBOURS`] others with the greatest cosine, best first.
fn nearest(points: &DMatrix<f64>) -> Vec<Vec<usize>> {
    const BLOCK: usize = 256;
    let mut units = points.map(|value| value as f32);
    for mut unit in units.column_iter_mut() {
        let norm = unit.norm().max(f32::MIN_POSITIVE);
        unit /= norm;
    }
    let count = units.ncols();
    let mut all = Vec::with_capacity(count);
    for start in (0..count).step_by(BLOCK) {
        let block = units.columns(start, BLOCK.min(count - start));
        let cosines = units.tr_mul(&block);
        for (offset, column) in cosines.column_iter().enumerate() {
            all.push(best(column.as_slice(), start + offset));
        }
    }
    all
}

/// Indices of the greatest values but that of `own`; of equals the first.
fn best(values: &[f32], own: usize) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::with_capacity(NEIGHBOURS + 1);
    for index in 0..values.len() {
        let place = best.partition_point(|other| values[*other] >= values[index]);
        if index != own && place < NEIGHBOURS {
            best.insert(place, index);
            best.truncate(NEIGHBOURS);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two clouds of files along two directions, and one without an embedding.
    fn embeddings() -> Vec<Option<Vec<f32>>> {
        let near = |axis: usize, file: usize| {
            let mut embedding = vec![0.0; 8];
            embedding[axis] = 1.0;
            embedding[2 + file % 6] = 0.05 * (1 + file) as f32 / 10.0;
            Some(embedding)
        };
        let mut all: Vec<_> = (0..6).map(|file| near(0, file)).collect();
        all.push(None);
        all.extend((0..6).map(|file| near(1, file)));
        all
    }

    #[test]
    fn files_that_sound_alike_are_neighbours_and_lie_together() {
        let map = Map::new(&embeddings());
        for file in 0..6 {
            assert_eq!(map.neighbours(file).len(), NEIGHBOURS);
            assert!(
                map.neighbours(file).iter().all(|other| *other < 6),
                "{file}"
            );
        }
        assert!(map.neighbours(12).iter().all(|other| *other > 6));
        assert_eq!((map.place(6), map.neighbours(6).len()), (None, 0));
        let x = |file: usize| i32::from(map.place(file).unwrap().0);
        assert!((x(0) - x(1)).abs() < 200 && (x(0) - x(12)).abs() > 700);
    }

    #[test]
    fn few_files_have_no_map() {
        let map = Map::new(&embeddings()[5..8]);
        assert!((0..3).all(|file| map.place(file).is_none()));
    }

    #[test]
    fn identical_files_do_not_divide_by_zero() {
        let same = vec![Some(vec![1.0, 0.0, 0.0]); 10];
        let map = Map::new(&same);
        assert_eq!(map.place(3), Some((0, 0)));
    }
}
