//! Places at which tests let the program fail, by [`fail`](https://docs.rs/fail): `tests/faults.rs`. Without the feature
//! `fault-injection`, which no program that is given away has, nothing is compiled here.

macro_rules! fault_point {
    ($name:literal) => {
        #[cfg(feature = "fault-injection")]
        ::fail::fail_point!($name);
    };
}
pub(crate) use fault_point;
